// The commonest lines of a log straight from their bytes: single mappings and whole lists, as the kernel prints them with a [cpu] column.
// Nothing is made but the arrays of a list. Whatever stands there in another way is left to the plain reader, which reads these lines the
// same: a test compares the two.
import { type BareListener, DIR } from '@dmalab/api'
import { readAttrs } from '../values.ts'
import type { NamePlace } from './frame.ts'
import type { TextOf } from './latin1.ts'
import { DIGITS, HEX_DIGITS, readQuickArray } from './quick-array.ts'

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

const DIRECTIONS = (['BIDIRECTIONAL', 'TO_DEVICE', 'FROM_DEVICE', 'NONE'] as const).map((name) => ({
  word: bytesOf(name),
  value: DIR[name],
}))
const [DIR_IS, DMA_ADDR, SIZE, PHYS_ADDR, ATTRS] = [' dir=', ' dma_addr=', ' size=', ' phys_addr=', ' attrs='].map(
  bytesOf,
)
const [NENTS, ENTS, DMA_ADDRS] = [' nents=', ' ents=', ' dma_addrs={'].map(bytesOf)
const [SIZES, PHYS_ADDRS] = [' sizes={', ' phys_addrs={'].map(bytesOf)

const SPACE = 32
const [DASH, SLASH] = [45, 47] as const
const EQUALS = 61
const CLOSE_COLUMN = 93
const LAST_PLAIN = 126
/** Digits whose number is exact. */
const DECIMAL_DIGITS = 15
const PID_DIGITS = 9

export class QuickLines {
  private readonly textOf: TextOf
  private readonly to: BareListener
  private bytes: Uint8Array = new Uint8Array()
  /** Where reading stands, and the line's end. */
  private at = 0
  private end = 0
  /** What was read last; reading that fails leaves `fits` false. */
  private fits = true
  private pid = 0
  private interrupt = false
  private device = ''
  private deviceBytes: Uint8Array = new Uint8Array()
  private readonly devices = new Map<string, string>()
  /** The attributes that were read last, and what they mean. */
  private attrsBytes: Uint8Array = new Uint8Array()
  private attrsBits = 0

  constructor(to: BareListener, textOf: TextOf) {
    this.to = to
    this.textOf = textOf
  }

  /** True: it was a line of such an event, and the listener has it. `place` is that of the event's name. */
  take(name: string, bytes: Uint8Array, start: number, end: number, place: NamePlace, line: number): boolean {
    this.bytes = bytes
    this.end = end
    this.at = place.end + 1
    this.fits = true
    switch (name) {
      case 'dma_map_page':
      case 'dma_map_phys':
        return this.head(start, place) && this.map(name, line)
      case 'dma_unmap_page':
      case 'dma_unmap_phys':
        return this.head(start, place) && this.unmap(name, line)
      case 'dma_map_sg':
        return this.head(start, place) && this.mapList(place, line)
      case 'dma_unmap_sg':
        return this.head(start, place) && this.unmapList(place, line)
      default:
        return false
    }
  }

  private map(name: 'dma_map_page' | 'dma_map_phys', line: number): boolean {
    const dir = this.deviceAndDir()
    this.word(DMA_ADDR!)
    const dmaAddr = this.hex()
    this.word(SIZE!)
    const size = this.decimal(DECIMAL_DIGITS)
    this.word(PHYS_ADDR!)
    const physAddr = this.hex()
    const attrs = this.attrs()
    return this.fits && this.to.onMap(name, this.device, dmaAddr, size, dir, attrs, physAddr, line, this.pid)
  }

  private unmap(name: 'dma_unmap_page' | 'dma_unmap_phys', line: number): boolean {
    const dir = this.deviceAndDir()
    this.word(DMA_ADDR!)
    const dmaAddr = this.hex()
    this.word(SIZE!)
    const size = this.decimal(DECIMAL_DIGITS)
    const attrs = this.attrs()
    return this.fits && this.to.onUnmap(name, this.device, dmaAddr, size, dir, attrs, line)
  }

  private mapList(place: NamePlace, at: number): boolean {
    const dir = this.deviceAndDir()
    this.word(NENTS!)
    const nents = this.ofAll()
    this.word(ENTS!)
    const ents = this.ofAll()
    this.word(DMA_ADDRS!)
    const dmaAddrs = this.array()
    this.word(SIZES!)
    const sizes = this.array()
    this.word(PHYS_ADDRS!)
    const physAddrs = this.array()
    const attrs = this.attrs()
    if (!this.fits || !this.flags(place)) return false
    const { pid, interrupt, device } = this
    return this.to.onBare({
      event: 'dma_map_sg',
      at,
      pid,
      interrupt,
      device,
      dir,
      nents,
      ents,
      truncated: false,
      dmaAddrs,
      sizes,
      physAddrs,
      attrs,
    })
  }

  private unmapList(place: NamePlace, at: number): boolean {
    const dir = this.deviceAndDir()
    this.word(PHYS_ADDRS!)
    const physAddrs = this.array()
    const attrs = this.attrs()
    if (!this.fits || !this.flags(place)) return false
    const { pid, interrupt, device } = this
    return this.to.onBare({ event: 'dma_unmap_sg', at, pid, interrupt, device, dir, physAddrs, attrs })
  }

  /** `comm-123   [001] d.h1.   4.378800: name:` Reads the pid, and sees that a time stands before the name. */
  private head(start: number, { cpu, start: name }: NamePlace): boolean {
    const { bytes } = this
    let at = cpu - 1
    while (at >= start && bytes[at] === SPACE) at--
    let pid = 0
    let worth = 1
    const last = at
    for (; at >= start && DIGITS[bytes[at]!]! < 10; at--) {
      pid += DIGITS[bytes[at]!]! * worth
      worth *= 10
    }
    if (at === last || last - at > PID_DIGITS || at < start || bytes[at] !== DASH) return false
    this.pid = pid
    at = name - 3
    while (at > cpu && bytes[at] !== SPACE) at--
    return bytes[at] === SPACE && DIGITS[bytes[at + 1]!]! < 10
  }

  /** The flags behind the [cpu] column, when there are some: the third one tells of interrupts. */
  private flags({ cpu, start: name }: NamePlace): boolean {
    const { bytes } = this
    let from = cpu + 1
    while (from < name && bytes[from] !== CLOSE_COLUMN) from++
    from++
    while (from < name && bytes[from] === SPACE) from++
    let to = from
    while (to < name && bytes[to] !== SPACE) to++
    let next = to
    while (next < name && bytes[next] === SPACE) next++
    // The time follows, and nothing between; else there are no flags, or more than that.
    let time = name - 3
    while (time > cpu && bytes[time] !== SPACE) time--
    if (next !== time + 1) return false
    this.interrupt = INTERRUPTED[bytes[from + 2]!] === 1
    return to - from > 2 && bytes[from] !== DASH
  }

  private deviceAndDir(): number {
    const { bytes, end } = this
    while (bytes[this.at] === SPACE && this.at < end) this.at++
    const from = this.at
    let at = from
    while (at < end && bytes[at]! > SPACE && bytes[at]! <= LAST_PLAIN && bytes[at] !== EQUALS) at++
    this.at = at
    if (!this.isLike(this.deviceBytes, from, at)) this.newDevice(from, at)
    this.word(DIR_IS!)
    for (const { word, value } of DIRECTIONS)
      if (this.has(word) && bytes[this.at + word.length] === SPACE) {
        this.at += word.length
        return value
      }
    this.fits = false
    return 0
  }

  /** Do bytes [from, to) of the line say the same? */
  private isLike(said: Uint8Array, from: number, to: number): boolean {
    const { bytes } = this
    if (to - from !== said.length) return false
    for (let i = 0; i < said.length; i++) if (bytes[from + i] !== said[i]) return false
    return to > from
  }

  /** The same string for the same device: comparing two strings that are one is quick. */
  private newDevice(from: number, to: number): void {
    if (to === from) this.fits = false
    const text = this.textOf(this.bytes, from, to)
    const known = this.devices.get(text) ?? text
    if (this.devices.size < MOST_DEVICES) this.devices.set(known, known)
    this.device = known
    this.deviceBytes = this.bytes.slice(from, to)
  }

  private has(word: Uint8Array): boolean {
    const { bytes, at } = this
    for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
    return at + word.length <= this.end
  }

  private word(word: Uint8Array): void {
    if (!this.has(word)) this.fits = false
    this.at += word.length
  }

  private hex(): number {
    const { bytes, end } = this
    const from = this.at
    let value = 0
    let at = from
    for (; at < end; at++) {
      const digit = DIGITS[bytes[at]!]!
      if (digit === 16) break
      value = value * 16 + digit
    }
    this.at = at
    if (at === from || at - from > HEX_DIGITS) this.fits = false
    return value
  }

  private decimal(most: number): number {
    const { bytes, end } = this
    const from = this.at
    let value = 0
    let at = from
    for (; at < end; at++) {
      const digit = DIGITS[bytes[at]!]!
      if (digit >= 10) break
      value = value * 10 + digit
    }
    this.at = at
    if (at === from || at - from > most) this.fits = false
    return value
  }

  /** `16/16`: of so many, how many there are in all. */
  private ofAll(): number {
    this.decimal(DECIMAL_DIGITS)
    if (this.bytes[this.at] !== SLASH) this.fits = false
    this.at++
    return this.decimal(DECIMAL_DIGITS)
  }

  /** `0x1000,0x2000}` */
  private array(): number[] {
    const numbers: number[] = []
    const at = this.fits ? readQuickArray(this.bytes, this.at, this.end, numbers) : -1
    if (at < 0) this.fits = false
    else this.at = at
    return numbers
  }

  /** ` attrs=` and all up to the line's end. */
  private attrs(): number {
    this.word(ATTRS!)
    if (this.at === this.end || !this.fits) return 0
    if (this.isLike(this.attrsBytes, this.at, this.end)) return this.attrsBits
    for (let at = this.at; at < this.end; at++)
      if (this.bytes[at]! <= SPACE || this.bytes[at]! > LAST_PLAIN) {
        this.fits = false
        return 0
      }
    this.attrsBits = readAttrs(this.textOf(this.bytes, this.at, this.end))
    this.attrsBytes = this.bytes.slice(this.at, this.end)
    return this.attrsBits
  }
}

/** Names that are kept once each. */
const MOST_DEVICES = 4096
/** By byte of the third flag: hard, soft, hard inside soft, NMI, NMI inside hard. */
const INTERRUPTED = new Uint8Array(256)
for (const char of 'hsHzZ') INTERRUPTED[char.charCodeAt(0)] = 1
