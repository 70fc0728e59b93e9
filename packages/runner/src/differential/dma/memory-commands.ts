// Memory: pages, coherent blocks, and the CPU's access to them.
import {
  ATTR,
  type BusPart,
  has,
  pageAlign,
  PAGE_SIZE,
  type Pfn,
  pfnOf,
  phys,
  physOf,
  type UserMapping,
} from '@dmalab/api'
import type { DmaBoot } from './dma-boot.ts'
import type { CoherentBlock, Pages } from './objects.ts'
import { command, type Command, NAME, NUMBER, optional, WORD } from './params.ts'
import { crc, isZero, pattern } from './pattern.ts'
import { isTranslated, placeOf } from './places.ts'

/** Placement is reported in blocks of 256 MiB. */
const BLOCK = 2 ** 28
const FOUR_GIB = 2 ** 32
/** A page further behind the first one is foreign. */
const FOLLOWING = 256

export const MEMORY_COMMANDS: Readonly<Record<string, Command>> = {
  pages: command({ name: NAME, size: NUMBER, zone: WORD, seed: NUMBER }, (boot, { name, size, seed }, recorded) => {
    const { mem } = boot.lab
    const allocated = PAGE_SIZE * 2 ** Math.ceil(Math.log2(Math.max(1, size / PAGE_SIZE)))
    const got = mem.allocPages(allocated, { owner: name, ...placement(recorded) })
    if (!got.ok) return `pages ${got.errno}`
    const pages: Pages = { kind: 'pages', name, pfn: got.value, size, allocated }
    boot.put(pages)
    boot.cpuWrite(pagesBytes(pages), 0, pattern(seed, size), name)
    const at = physOf(got.value)
    const where = at >= FOUR_GIB ? 'above' : mem.isHighmemPfn(got.value) ? 'highmem' : 'below'
    const block = recorded?.includes('@') === true ? ` @${Math.floor(at / BLOCK).toString(16)}` : ''
    return `pages ok ${where}${block}`
  }),

  free: command({ name: NAME }, (boot, { name }) => {
    const object = boot.get(name)
    if (object === undefined) return 'free bad'
    boot.drop(object)
    return 'free ok'
  }),

  calloc: command(
    { name: NAME, device: NAME, size: NUMBER, attrs: NUMBER, atomic: NUMBER, seed: NUMBER },
    (boot, { name, device: deviceName, size, attrs, atomic, seed }) => {
      const { lab } = boot
      const device = boot.device(deviceName)
      if (device === undefined) return 'calloc bad'
      const alloc = atomic === 0 ? 'allocAttrs' : 'allocAtomic'
      const got = lab.dma[alloc](device, pageAlign(size), attrs, name)
      if (!got.ok) return 'calloc ENOMEM'
      const { cpuAddr, handle } = got.value
      const mapped = !has(attrs, ATTR.NO_KERNEL_MAPPING)
      const block: CoherentBlock = { kind: 'coherent', name, device, cpuAddr, handle, size, attrs, written: mapped }
      boot.put(block)
      if (!mapped) clear(boot, block)
      const zero = !mapped || fillZeroed(boot, block, seed)
      return `calloc ok ${placeOf(lab, device, handle, pageAlign(size))} ${zero ? 'zero' : 'dirty'}`
    },
  ),

  cread: command({ name: NAME, offset: NUMBER, len: NUMBER }, (boot, { name, offset, len }) => {
    const bytes = bytesOf(boot, name)
    if (typeof bytes === 'string') return `cread ${bytes}`
    return `cread ${crc(boot.cpuRead(bytes, offset, len, name))}`
  }),

  cwrite: command(
    { name: NAME, offset: NUMBER, len: NUMBER, seed: optional(NUMBER, 0) },
    (boot, { name, offset, len, seed }) => {
      const bytes = bytesOf(boot, name)
      if (typeof bytes === 'string') return `cwrite ${bytes}`
      boot.cpuWrite(bytes, offset, pattern(seed, len), name)
      boot.noteWritten(name)
      return 'cwrite ok'
    },
  ),

  getsgt: command({ name: NAME }, (boot, { name }) => {
    const { lab } = boot
    const block = boot.find('coherent', name)
    if (block === undefined) return 'getsgt bad'
    const { device, cpuAddr, handle, size, attrs } = block
    const got = lab.dma.getSgtableAttrs(device, cpuAddr, handle, pageAlign(size), attrs)
    if (!got.ok) return `getsgt ${got.errno}`
    const { page, length, offset } = got.value.entry(0)
    const { origNents } = got.value
    lab.sgFree(got.value)
    const at = page.kind === 'page' ? physOf(page.pfn) : undefined
    const memory = isTranslated(device) ? at : lab.host(device).dmaToPhys(handle)
    const leads = at === memory ? 'same' : at === phys(handle) ? 'dma-as-phys' : 'other'
    const valid = page.kind === 'page' && lab.mem.pfnValid(page.pfn) ? 1 : 0
    return `getsgt ok nents=${origNents} len=${length.toString(16)} off=${offset.toString(16)} ${leads} pfn_valid=${valid}`
  }),

  /** The first pages that the device finds behind a block, counted from the first one where they follow it. */
  pg: command({ name: NAME, pages: NUMBER }, (boot, { name, pages }) => {
    const block = boot.find('coherent', name)
    if (block === undefined) return 'pg bad'
    const { device, handle, size } = block
    const count = Math.min(pages, pageAlign(size) / PAGE_SIZE)
    const found = boot.lab.translate(device, handle, count * PAGE_SIZE, false).flatMap(framesOf)
    const [first = 0] = found
    const words = found.map((frame) => frameWord(boot, frame, first))
    return `pg base=${(first * PAGE_SIZE).toString(16)} ${words.join(' ')}`
  }),

  /** Memory types of the kernel's own mapping of a block and of its linear one: 0 cached, 1 not cached, 2 as registers. */
  pte: command({ name: NAME }, (boot, { name }) => {
    const { lab } = boot
    const block = boot.find('coherent', name)
    if (block === undefined) return 'pte bad'
    const own = lab.mem.resolve(block.cpuAddr)
    if (own === undefined) return 'pte bad'
    const linear = lab.mem.linearAddress(own.phys)
    // memremap() of a pool has the type of registers (ioremap_wc), dma_common_contiguous_remap() that of plain memory.
    const pooled = block.device.pool !== null
    const type = own.kind === 'cached' ? 0 : pooled ? 2 : 1
    const mapped = lab.mem.resolve(linear) === undefined ? -1 : 0
    return `pte own=${type} linear=${mapped} remapped=${linear === block.cpuAddr ? 0 : 1}`
  }),

  mmap: command({ name: NAME, size: NUMBER, len: NUMBER, pgoff: NUMBER }, (boot, { name, size, len, pgoff }) => {
    const block = boot.find('coherent', name)
    if (block === undefined) return 'mmap EBADF'
    const { device, cpuAddr, handle, attrs } = block
    const got = boot.lab.ops(device).mmap(cpuAddr, handle, size, pgoff, len, attrs)
    return `mmap ${got.ok ? 'ok' : got.errno}`
  }),
}

const framesOf = (part: BusPart): number[] =>
  'phys' in part ? Array.from({ length: part.len / PAGE_SIZE }, (_, i) => pfnOf(part.phys) + i) : []

const frameWord = (boot: DmaBoot, frame: number, first: number): string => {
  if (frame >= first && frame < first + FOLLOWING) return `+${frame - first}`
  return `${frame.toString(16)}${boot.lab.mem.pfnValid(frame as Pfn) ? '' : '(noram)'}`
}

/** Which pages an allocator hands out is chance: the record tells the zone, or the block. */
const placement = (recorded = '') => {
  const [, block] = /@([0-9a-f]+)$/.exec(recorded) ?? []
  const highmem = recorded.includes('highmem')
  if (block !== undefined) {
    const base = parseInt(block, 16) * BLOCK
    return { above: base, limit: base + BLOCK - 1, highmem }
  }
  if (highmem) return { highmem }
  return recorded.includes('above') ? { above: FOUR_GIB } : { limit: FOUR_GIB - 1 }
}

const pagesBytes = ({ pfn, allocated }: Pages): UserMapping => ({ phys: physOf(pfn), len: allocated, kind: 'cached' })

/** Is the new block all zero? It is filled with its pattern then. A block that the CPU cannot read is not. */
const fillZeroed = (boot: DmaBoot, { name, cpuAddr, size }: CoherentBlock, seed: number): boolean => {
  const bytes = boot.kernelBytes(cpuAddr, pageAlign(size))
  if (bytes === undefined) return false
  const zero = isZero(boot.cpuRead(bytes, 0, pageAlign(size), name))
  boot.cpuWrite(bytes, 0, pattern(seed, size), name)
  return zero
}

/** Pages come cleared (INIT_ON_ALLOC_DEFAULT_ON); where the CPU has no mapping, only the device can show it. */
const clear = (boot: DmaBoot, { device, handle, size }: CoherentBlock): void => {
  boot.lab.bus(device).write({ at: handle, len: pageAlign(size) }, new Uint8Array(pageAlign(size)))
}

/** What the CPU reads and writes of pages or a coherent block, or why it cannot. */
const bytesOf = (boot: DmaBoot, name: string): UserMapping | 'bad' | 'unmapped' => {
  const object = boot.get(name)
  if (object?.kind === 'pages') return pagesBytes(object)
  if (object?.kind !== 'coherent') return 'bad'
  return boot.kernelBytes(object.cpuAddr, pageAlign(object.size)) ?? 'unmapped'
}
