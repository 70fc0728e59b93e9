// One reader after the other, fed with changed seeds: same seed, same inputs. What is fed lies where the watching thread sees it.
import { isInputError } from '@dmalab/api'
import { mutated, picker } from './mutate.ts'
import { READERS, type Reader } from './readers.ts'

/** What both threads see: how many inputs there were, and the one that is being read. */
export interface Shared {
  readonly count: Int32Array
  readonly length: Int32Array
  readonly input: Uint8Array
}
export const sharedOf = (memory: SharedArrayBuffer): Shared => ({
  count: new Int32Array(memory, 0, 1),
  length: new Int32Array(memory, 4, 1),
  input: new Uint8Array(memory, 8),
})

export interface Found {
  readonly reader: string
  readonly why: string
  readonly input: Uint8Array
}
export interface Done {
  readonly reader: string
  readonly inputs: number
  readonly refused: number
}

/** undefined: read, or refused as it should be. */
export const wrongWith = async (
  reader: Reader,
  input: Uint8Array,
  longest: number,
): Promise<'refused' | { readonly why: string } | undefined> => {
  const begin = performance.now()
  try {
    await reader.read(input)
  } catch (error) {
    if (!isInputError(error)) return { why: error instanceof Error ? `${error.stack}` : `threw ${String(error)}` }
    return tooLong(begin, longest) ?? 'refused'
  }
  return tooLong(begin, longest)
}
const tooLong = (begin: number, longest: number): { readonly why: string } | undefined => {
  const ms = performance.now() - begin
  return ms > longest ? { why: `took ${Math.round(ms)} ms` } : undefined
}

export interface Campaign {
  readonly readers: readonly string[]
  readonly seed: number
  readonly ms: number
  /** Milliseconds that an input may take. */
  readonly longest: number
  readonly memory: SharedArrayBuffer
}

/** Feeds each reader for `ms`; a reader that fails is left at once. */
export const campaign = async (
  { readers, seed, ms, longest, memory }: Campaign,
  tell: (news: { readonly found: Found } | { readonly done: Done } | { readonly begun: string }) => void,
): Promise<void> => {
  const shared = sharedOf(memory)
  for (const reader of READERS.filter(({ name }) => readers.includes(name))) {
    tell({ begun: reader.name })
    const pick = picker(seed)
    const end = performance.now() + ms
    let [inputs, refused] = [0, 0]
    for (; performance.now() < end; inputs += 1) {
      const from = reader.seeds[pick(reader.seeds.length)] ?? new Uint8Array()
      const input =
        inputs < reader.seeds.length
          ? (reader.seeds[inputs] ?? from)
          : mutated(reader.kind, from, { pick, others: reader.seeds })
      shared.input.set(input)
      Atomics.store(shared.length, 0, input.length)
      Atomics.add(shared.count, 0, 1)
      const wrong = await wrongWith(reader, input, longest)
      if (wrong === 'refused') refused += 1
      else if (wrong !== undefined) {
        tell({ found: { reader: reader.name, why: wrong.why, input } })
        break
      }
    }
    tell({ done: { reader: reader.name, inputs, refused } })
  }
}

/** One input again, alone: a machine that was busy is not a reader that hangs. */
export const again = async (name: string, input: Uint8Array, longest: number): Promise<string | undefined> => {
  const reader = READERS.find((one) => one.name === name)
  if (reader === undefined) throw new Error(`there is no reader ${name}`)
  const wrong = await wrongWith(reader, input, longest)
  return wrong === undefined || wrong === 'refused' ? undefined : wrong.why
}

export const readerNames = (): readonly string[] => READERS.map(({ name }) => name)
