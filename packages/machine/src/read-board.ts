// A board by its bytes: a board file, or a device tree blob.
import { type ArchName, InputError, type Machine, type Range } from '@dmalab/api'
import { machineFromDtb, type ImportOptions } from './import/board.ts'
import { boardText, isDtb, isDts } from './input-kind.ts'
import { parseQuantity } from './quantity.ts'
import { readMachine } from './read-machine.ts'

export interface BoardOptions extends Omit<ImportOptions, 'file'> {
  /** What `arch:` of a board file may be; absent: the architectures that board files have without plug-ins. */
  readonly arches?: readonly ArchName[] | undefined
}

/** Standard input as a file's name: whoever opens it has read the bytes already. */
export const STANDARD_INPUT = '-'

/**
 * `file` names the bytes in messages; `options` matter for device trees only: a board file states everything.
 * @throws InputError for bytes that are not a board, and for device tree source, which a compiler must read first
 */
export function readBoard(content: Uint8Array, file: string, { arches, ...options }: BoardOptions = {}): Machine {
  if (isDtb(content)) return machineFromDtb(content, { ...options, file })
  if (isDts(content))
    throw new InputError('this is device tree source', { file }, 'compile it first: dtc -I dts -O dtb -o board.dtb')
  return readMachine(boardText(content, file), file, arches)
}

/** `2GiB`, or `2GiB@0x8000_0000` with the address where it starts. */
export function parseMemory(texts: readonly string[]): Pick<ImportOptions, 'memory' | 'memorySize'> {
  const parsed = texts.map((text): { len: number; base?: number } => {
    const [size, at] = text.split('@').map((part) => parseQuantity(part))
    if (size === undefined || size === 0n || size > 2n ** 52n || (text.includes('@') && at === undefined))
      throw new InputError(
        `'${text}' is not an amount of memory`,
        {},
        'expected a size such as 2GiB, or 2GiB@0x8000_0000',
      )
    return { len: Number(size), ...(at !== undefined && { base: Number(at) }) }
  })
  const [first, ...others] = parsed
  if (first === undefined) return {}
  if (first.base === undefined && others.length === 0) return { memorySize: first.len }
  return {
    memory: parsed.map(({ base, len }): Range => {
      if (base === undefined)
        throw new InputError('each of several banks needs its address', {}, 'such as 1GiB@0x8000_0000')
      return { base, len }
    }),
  }
}
