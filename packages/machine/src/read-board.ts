// A board by its bytes: a board file, or a device tree blob.
import { type ArchName, InputError, type Machine, type Range } from '@dmalab/api'
import { machineFromDtb, type ImportOptions } from './import/board.ts'
import { treeIn } from './container/tree-in.ts'
import { boardText, isDtb, isDts } from './input-kind.ts'
import { withOverlays, type OverlayFile } from './overlay/apply.ts'
import { parseQuantity } from './quantity.ts'
import { readMachine } from './read-machine.ts'

export interface BoardOptions extends Omit<ImportOptions, 'file'> {
  /** What `arch:` of a board file may be; absent: the architectures that board files have without plug-ins. */
  readonly arches?: readonly ArchName[] | undefined
  /** Laid over a device tree, in this order. */
  readonly overlays?: readonly OverlayFile[] | undefined
}

/** Standard input as a file's name: whoever opens it has read the bytes already. */
export const STANDARD_INPUT = '-'

/**
 * `file` names the bytes in messages; `options` matter for device trees only: a board file states everything.
 * @throws InputError for bytes that are not a board, and for device tree source, which a compiler must read first
 */
export function readBoard(bytes: Uint8Array, name: string, options: BoardOptions = {}): Machine {
  const { arches, overlays = [], ...tree } = options
  const { content, file } = treeIn(bytes, name, cannotUnpack)
  if (isDtb(content)) return machineFromDtb(withOverlays(content, file, overlays), { ...tree, file })
  if (overlays.length > 0)
    throw new InputError(
      'overlays are laid over a device tree, which this is not',
      { file },
      'give the tree of the board',
    )
  if (isDts(content))
    throw new InputError('this is device tree source', { file }, 'compile it first: dtc -I dts -O dtb -o board.dtb')
  return readMachine(boardText(content, file), file, arches)
}

const cannotUnpack = (_content: Uint8Array, file: string): never => {
  throw new InputError('is compressed', { file }, 'take it out of the image first, such as with dumpimage')
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
