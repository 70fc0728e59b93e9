// A board by whatever the user names: a shipped one, a board file, a device tree blob, device tree source.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { InputError, type Machine, type Range } from '@dmalab/api'
import { latin1 } from './fdt/node.ts'
import { machineFromDtb, type ImportOptions } from './import/board.ts'
import { parseQuantity } from './quantity.ts'
import { readMachine } from './read-machine.ts'
import { shippedBoard } from './shipped-boards.ts'

export type OpenOptions = Omit<ImportOptions, 'file'>

/** Standard input as a file's name: whoever opens it has read the bytes already. */
export const STANDARD_INPUT = '-'

/**
 * `options` matter for device trees only: a board file states everything. `given` are the bytes, where they do not lie in a file.
 * @throws InputError for a name that is neither a shipped board nor a file, and for a file that is no board
 */
export function openBoard(reference: string, options: OpenOptions = {}, given?: Uint8Array): Machine {
  if (given === undefined && !looksLikeFile(reference)) return shippedBoard(reference)
  const content = given ?? readInput(reference)
  if (isDtb(content)) return machineFromDtb(content, { ...options, file: reference })
  if (isDts(content)) return machineFromDtb(compileDts(reference, given), { ...options, file: reference })
  return readMachine(new TextDecoder().decode(content), reference)
}

/** Is this a device tree, blob or source, rather than a board file or a shipped board? @throws InputError for a file that cannot be read */
export function isDeviceTree(reference: string, given?: Uint8Array): boolean {
  if (given === undefined && !looksLikeFile(reference)) return false
  const content = given ?? readInput(reference)
  return isDtb(content) || isDts(content) || /\.(dtb|dts|fdt)$|fdt$/i.test(reference)
}

/** The bytes of a device tree: a blob as it is, source through dtc. @throws InputError for a file that cannot be read */
export function readDeviceTree(file: string, given?: Uint8Array): Uint8Array {
  const content = given ?? readInput(file)
  return isDts(content) ? compileDts(file, given) : content
}

/** `2GiB`, or `2GiB@0x8000_0000` with the address where it starts. */
export function parseMemory(texts: readonly string[]): Pick<ImportOptions, 'memory' | 'memorySize'> {
  const parsed = texts.map((text): { len: number; base?: number } => {
    const [size, at] = text.split('@').map((part) => parseQuantity(part))
    if (size === undefined || size === 0n || size > 2n ** 52n || (text.includes('@') && at === undefined))
      throw new InputError(`no amount of memory: ${text}`, {}, 'expected a size such as 2GiB, or 2GiB@0x8000_0000')
    return { len: Number(size), ...(at !== undefined && { base: Number(at) }) }
  })
  const [first, ...others] = parsed
  if (first === undefined) return {}
  if (first.base === undefined && others.length === 0) return { memorySize: first.len }
  return {
    memory: parsed.map(({ base, len }): Range => {
      if (base === undefined)
        throw new InputError('of several banks each needs its address', {}, 'such as 1GiB@0x8000_0000')
      return { base, len }
    }),
  }
}

/** Whatever has a suffix or a slash is a file; a shipped board has neither. */
const looksLikeFile = (reference: string): boolean => /[/\\]|\.(ya?ml|json|dtb|dts|fdt)$|^fdt$/i.test(reference)

function readInput(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    const why =
      {
        ENOENT: 'no such file',
        EISDIR: 'is a folder',
        EACCES: 'may not be read',
        ERR_FS_FILE_TOO_LARGE: 'is too large for a board',
      }[code] ?? `cannot be read (${code})`
    throw new InputError(why, { file })
  }
}

const isDtb = (content: Uint8Array): boolean =>
  content.length >= 4 && latin1(content, 0, 4) === '\u00d0\u000d\u00fe\u00ed'
const isDts = (content: Uint8Array): boolean =>
  latin1(content, 0, Math.min(content.length, 65_536)).includes('/dts-v1/')

/** Sources that include others with #include have gone through the C preprocessor before. */
function compileDts(file: string, given?: Uint8Array): Uint8Array {
  const source = given === undefined ? file : STANDARD_INPUT
  const dtc = spawnSync('dtc', ['-q', '-I', 'dts', '-O', 'dtb', '-o', '-', source], {
    maxBuffer: 64 * 2 ** 20,
    ...(given === undefined ? {} : { input: given }),
  })
  if (dtc.error !== undefined)
    throw new InputError(
      'this is device tree source, and dtc is not installed',
      { file },
      'install device-tree-compiler, or give the .dtb',
    )
  if (dtc.status === 0) return dtc.stdout
  const [line = 'dtc refuses it'] = dtc.stderr.toString('utf8').split('\n')
  throw new InputError(`dtc: ${line.replace(/^Error: /, '')}`, { file })
}
