// The words of a command line, and what each is read as.
import { type BufTypeWish, InputError, type InputPlace, ownValue } from '@dmalab/api'

/** `H.t`: handle and buffer type. */
export interface QueueRef {
  readonly handle: string
  readonly type: BufTypeWish
}

const TYPES: Readonly<Record<string, BufTypeWish>> = {
  c: 'VIDEO_CAPTURE',
  o: 'VIDEO_OUTPUT',
  C: 'VIDEO_CAPTURE_MPLANE',
  O: 'VIDEO_OUTPUT_MPLANE',
  x: 'VIDEO_OVERLAY',
}
/** The words of a line, taken one by one. */
export class Words {
  private readonly left: string[]
  private readonly place: InputPlace

  constructor(line: string, place: InputPlace) {
    this.left = line.split(' ').filter((word) => word !== '')
    this.place = place
  }

  get count(): number {
    return this.left.length
  }
  get more(): boolean {
    return this.left.length > 0
  }
  /** The next word, if it is one of these. */
  when(matches: (word: string) => boolean): string | undefined {
    const [word] = this.left
    if (word === undefined || !matches(word)) return undefined
    this.left.shift()
    return word
  }
  text(what: string): string {
    const word = this.left.shift()
    if (word === undefined) throw new InputError(`expected ${what}`, this.place)
    return word
  }
  number(what: string): number {
    return this.toNumber(this.text(what), what)
  }
  toNumber(word: string, what: string): number {
    const value = Number(word)
    if (word === '' || !Number.isSafeInteger(value)) throw new InputError(`expected ${what}, got ${word}`, this.place)
    return value
  }
  one<T>(table: Readonly<Record<string, T>>, what: string): T {
    const word = this.text(what)
    const value = ownValue(table, word)
    if (value === undefined)
      throw new InputError(`expected ${what} (${Object.keys(table).join(' ')}), got ${word}`, this.place)
    return value
  }
  queue(): QueueRef {
    const [handle = '', letter = ''] = this.text('a handle and a buffer type').split('.')
    const type = ownValue(TYPES, letter)
    if (type === undefined) throw new InputError(`unknown buffer type ${letter}`, this.place)
    return { handle, type }
  }
  end(): void {
    if (this.more) throw new InputError(`unexpected ${this.left.join(' ')}`, this.place)
  }
}
