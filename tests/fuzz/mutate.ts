// Changes of an input, each chosen by a seed: of bytes, of text, and of what JSON holds.

/** The next number from 0 to `below` - 1. Same seed, same numbers. */
export type Pick = (below: number) => number

const PRIME = 2 ** 31 - 1

/** No input is longer: what takes long in proportion to its length is no news. */
const LONGEST = 2 ** 18

/** The generator of Park and Miller. */
export const picker = (seed: number): Pick => {
  let state = (seed % (PRIME - 1)) + 1
  return (below) => {
    state = (state * 48_271) % PRIME
    return Math.floor(((state - 1) / (PRIME - 1)) * below)
  }
}

export interface Source {
  readonly pick: Pick
  /** What else there is to take a piece from. */
  readonly others: readonly Uint8Array[]
}

/** Numbers where ranges end, and texts that are no numbers. */
const ODD_NUMBERS =
  `0 -1 1 2 255 256 4095 4096 65535 65536 2147483647 2147483648 4294967295 4294967296 9007199254740991 9007199254740992
18446744073709551615 18446744073709551616 1e308 1e999 -0 0.1 NaN Infinity 0x 0xffffffff 0xffffffffffffffff 0x10000000000000000 1TiB 16EiB`.split(
    /\s/,
  )
const ODD_WORDS = [
  ...ODD_NUMBERS,
  ...`__proto__ constructor toString null true ~ "" '' [] {} : , ! . - & * | > % @ \\ \u0000 \u001b[31m \u0085 \u2028 \ufeff \ud800 é`.split(
    ' ',
  ),
  ' ',
  '\t',
  '\r\n',
]

const one = <T>({ pick }: Source, of: readonly T[], otherwise: T): T => of[pick(of.length)] ?? otherwise

type Change = (input: Uint8Array, source: Source) => Uint8Array

/** A range of at most `most` bytes. */
const rangeOf = (input: Uint8Array, { pick }: Source, most = 64): readonly [number, number] => {
  const from = pick(input.length + 1)
  return [from, Math.min(input.length, from + 1 + pick(most))]
}
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)

const BYTES: readonly Change[] = [
  (input, { pick }) => {
    const out = Uint8Array.from(input)
    if (out.length > 0) out[pick(out.length)] = pick(256)
    return out
  },
  // A word of a header, or a cell.
  (input, source) => {
    const out = Buffer.from(input)
    const at = source.pick(Math.max(1, Math.floor(out.length / 4))) * 4
    const value = one(
      source,
      [0, 1, 4, 8, 9, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, out.length, source.pick(2 ** 32)],
      0,
    )
    if (at + 4 <= out.length) out.writeUInt32BE(value, at)
    return out
  },
  (input, source) => {
    const [from, to] = rangeOf(input, source)
    return joined(input.subarray(0, from), input.subarray(to))
  },
  (input, source) => {
    const [from, to] = rangeOf(input, source)
    return joined(input.subarray(0, to), input.subarray(from, to), input.subarray(to))
  },
  (input, { pick }) => input.subarray(0, pick(input.length + 1)),
  (input, source) => {
    const other = one(source, source.others, input)
    const [from, to] = rangeOf(other, source, 512)
    const at = source.pick(input.length + 1)
    return joined(input.subarray(0, at), other.subarray(from, to), input.subarray(at))
  },
]

const decoded = (input: Uint8Array): string => new TextDecoder().decode(input)
const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)
const ofText =
  (change: (text: string, source: Source) => string): Change =>
  (input, source) =>
    encoded(change(decoded(input), source))

/** How many of a piece: up to a thousand, or as many as an input has room for. */
const copiesOf = (length: number, pick: Pick): number => Math.min(10 ** pick(4), 1 + Math.floor(LONGEST / (length + 1)))

const linesChanged = (change: (lines: string[], source: Source) => void): Change =>
  ofText((text, source) => {
    const lines = text.split('\n')
    change(lines, source)
    return lines.join('\n')
  })

const replaced = (pattern: RegExp): Change =>
  ofText((text, source) => {
    const words = [...text.matchAll(pattern)]
    const word = words[source.pick(words.length)]
    if (word === undefined) return text
    return `${text.slice(0, word.index)}${one(source, ODD_WORDS, '')}${text.slice(word.index + word[0].length)}`
  })

const TEXT: readonly Change[] = [
  replaced(/[A-Za-z_][\w.-]*/g),
  replaced(/-?\d[\w.]*/g),
  replaced(/[^\w\s]/g),
  linesChanged((lines, { pick }) => void lines.splice(pick(lines.length), 1 + pick(3))),
  linesChanged((lines, { pick }) => {
    const at = pick(lines.length)
    lines.splice(pick(lines.length), 0, ...lines.slice(at, at + 1 + pick(4)))
  }),
  // Many of one line, or one long word.
  linesChanged((lines, { pick }) => {
    const at = pick(lines.length)
    const line = lines[at] ?? ''
    lines.splice(at, 0, ...Array.from({ length: copiesOf(line.length, pick) }, () => line))
  }),
  ofText((text, source) => {
    const at = source.pick(text.length + 1)
    return `${text.slice(0, at)}${one(source, ['[', '{', '(', '&a ', '- ', '"', ' '], '').repeat(10 ** source.pick(4))}${text.slice(at)}`
  }),
  ofText((text, source) => {
    const at = source.pick(text.length + 1)
    return `${text.slice(0, at)}${one(source, ODD_WORDS, '')}${text.slice(at)}`
  }),
]

const many = (value: unknown, { pick }: Source): readonly unknown[] =>
  Array.from({ length: copiesOf(JSON.stringify(value)?.length ?? 0, pick) }, () => value)

/** One place in what JSON holds, changed. */
const jsonChanged = (value: unknown, source: Source): unknown => {
  const { pick } = source
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.length === 0 || pick(6) === 0) return oddValue(value, source)
  const key = one(source, keys, '')
  const inner = (value as Readonly<Record<string, unknown>>)[key]
  if (Array.isArray(value)) {
    const out: unknown[] = [...(value as readonly unknown[])]
    const at = Number(key)
    const change = pick(8)
    if (change === 0) out.splice(at, 1)
    else if (change === 1) out.splice(at, 0, ...many(inner, source))
    else out[at] = jsonChanged(inner, source)
    return out
  }
  const entries = Object.entries(value as object)
  if (pick(10) === 0) return Object.fromEntries(entries.filter(([name]) => name !== key))
  if (pick(10) === 0) return Object.fromEntries([...entries, [one(source, ODD_WORDS, 'x'), inner]])
  return Object.fromEntries(entries.map(([name, old]) => [name, name === key ? jsonChanged(old, source) : old]))
}

const oddValue = (value: unknown, source: Source): unknown => {
  const kinds: readonly (() => unknown)[] = [
    () => null,
    () => Number(one(source, ODD_NUMBERS, '0')),
    () => one(source, ODD_WORDS, ''),
    () => [],
    () => ({}),
    () => [value, value],
    () => many(value, source),
    () => Array.from({ length: 50 }).reduce<unknown>((inner) => [inner], value),
    () => (typeof value === 'number' ? value + one(source, [-1, 1, 0.5, 4096, 2 ** 32], 0) : String(value)),
  ]
  return one(source, kinds, () => null)()
}

const JSONS: readonly Change[] = [
  (input, source) => {
    try {
      return encoded(JSON.stringify(jsonChanged(JSON.parse(decoded(input)), source)) ?? 'null')
    } catch {
      return input
    }
  },
]

/** How an input of this kind is changed. */
export const CHANGES = {
  bytes: BYTES,
  text: [...TEXT, ...TEXT, ...BYTES],
  json: [...JSONS, ...JSONS, ...JSONS, ...JSONS, ...TEXT],
} as const satisfies { readonly [kind: string]: readonly Change[] }

/** One input changed a few times. */
export const mutated = (kind: keyof typeof CHANGES, input: Uint8Array, source: Source): Uint8Array => {
  let out = input
  for (let left = 1 + source.pick(4); left > 0; left -= 1)
    out = one<Change>(source, CHANGES[kind], (same) => same)(out, source).subarray(0, LONGEST)
  return out
}
