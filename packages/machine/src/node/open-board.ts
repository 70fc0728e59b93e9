// A board by whatever the user names: a shipped one, a board file, a device tree blob, device tree source.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { InputError, type Machine } from '@dmalab/api'
import { checkDeviceTree, isDtb, isDts } from '../input-kind.ts'
import { readBoard, type BoardOptions, STANDARD_INPUT } from '../read-board.ts'
import { shippedBoard, shippedBoardNames } from '../shipped-boards.ts'

/**
 * `options` matter for device trees only: a board file states everything. `given` are the bytes, where they do not lie in a file.
 * @throws InputError for a name that is neither a shipped board nor a file, and for a file that is not a board
 */
export function openBoard(reference: string, options: BoardOptions = {}, given?: Uint8Array): Machine {
  if (given === undefined && !looksLikeFile(reference)) return shippedOrFile(reference)
  const content = given ?? readInput(reference)
  return readBoard(isDtb(content) || !isDts(content) ? content : compileDts(reference, given), reference, options)
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
  if (isDts(content)) return compileDts(file, given)
  checkDeviceTree(content, file)
  return content
}

/** Whatever has a suffix or a slash is a file; a shipped board has neither. */
const looksLikeFile = (reference: string): boolean => /[/\\]|\.(ya?ml|json|dtb|dts|fdt)$|^fdt$/i.test(reference)

function readInput(file: string): Uint8Array {
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

/** @throws InputError for a name that no shipped board has; where a file has it, with the way to name that */
function shippedOrFile(name: string): Machine {
  if (shippedBoardNames().includes(name) || !existsSync(name)) return shippedBoard(name)
  throw new InputError(`no board is named ${name}`, {}, `for the file of that name, write ./${name}`)
}

/** What becomes of source without dtc. Kernel sources include C headers, which only the C preprocessor takes out. */
const howToCompile = (file: string): string => {
  const name = file === STANDARD_INPUT ? 'board.dts' : file
  const blob = name.replace(/(\.dts)?$/i, '.dtb')
  return (
    `install dtc (package device-tree-compiler), or make the blob where it is: dtc -I dts -O dtb -o ${blob} ${name}; ` +
    'a kernel tree makes its own with make dtbs; a running board has it in /sys/firmware/fdt'
  )
}

const PREPROCESS =
  'source with #include or #define goes through the C preprocessor first: ' +
  'cpp -nostdinc -undef -x assembler-with-cpp -I include board.dts | dtc -I dts -O dtb -o board.dtb -'

/** A device tree is compiled in well under a second. */
const DTC_MS = 60_000

function compileDts(file: string, given?: Uint8Array): Uint8Array {
  const source = given === undefined ? file : STANDARD_INPUT
  const dtc = spawnSync('dtc', ['-q', '-I', 'dts', '-O', 'dtb', '-o', '-', source], {
    maxBuffer: 64 * 2 ** 20,
    timeout: DTC_MS,
    ...(given === undefined ? {} : { input: given }),
  })
  if (dtc.error !== undefined) {
    const code = 'code' in dtc.error ? String(dtc.error.code) : 'unknown'
    if (code === 'ENOENT')
      throw new InputError('this is device tree source, and dtc is not installed', { file }, howToCompile(file))
    const why = code === 'ETIMEDOUT' ? `does not end within ${DTC_MS / 1000} s` : `cannot be run (${code})`
    throw new InputError(`this is device tree source, and dtc ${why}`, { file }, howToCompile(file))
  }
  if (dtc.status === 0 && isDtb(dtc.stdout)) return dtc.stdout
  if (dtc.status === 0) throw new InputError('dtc did not write a device tree blob', { file }, howToCompile(file))
  const said = dtc.stderr.toString('utf8')
  const [line = ''] = said.split('\n').filter((each) => each.trim() !== '')
  const what = line === '' ? `ends with ${dtc.status ?? dtc.signal}` : line.replace(/^(Error|FATAL ERROR): /, '')
  const text = new TextDecoder().decode(given ?? readInput(file))
  throw new InputError(`dtc: ${what}`, { file }, /^\s*#\s*(include|define|if)/m.test(text) ? PREPROCESS : undefined)
}
