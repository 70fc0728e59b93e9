// A board by whatever the user names: a shipped one, a board file, a device tree blob, device tree source.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { InputError, isInputError, type Machine } from '@dmalab/api'
import { treeIn, type TreeIn } from '../container/tree-in.ts'
import { checkDeviceTree, isDtb, isDts } from '../input-kind.ts'
import { withOverlays, type OverlayFile } from '../overlay/apply.ts'
import { readBoard, type BoardOptions, STANDARD_INPUT } from '../read-board.ts'
import { shippedBoard, shippedBoardNames } from '../shipped-boards.ts'
import { readInput } from './read-input.ts'
import { unpacked } from './unpack.ts'

/** The tree of a board as files name it. */
export interface TreeInput {
  /** The bytes, where they do not lie in a file. */
  readonly given?: Uint8Array | undefined
  /** Overlays (.dtbo, or source with dtc) to lay over it, in this order. */
  readonly overlays?: readonly string[] | undefined
}

/**
 * `options` matter for device trees only: a board file states everything.
 * @throws InputError for a name that is neither a shipped board nor a file, and for a file that is not a board
 */
export function openBoard(reference: string, options: BoardOptions = {}, input: TreeInput = {}): Machine {
  const { given, overlays = [] } = input
  if (given === undefined && !looksLikeFile(reference)) {
    if (overlays.length > 0) throw noTree(reference, overlays)
    return shippedOrFile(reference)
  }
  const { content, file } = boardBytes(reference, input)
  if (overlays.length === 0) return readBoard(content, file, options)
  if (!isDtb(content)) throw noTree(reference, overlays)
  return readBoard(overlaid(content, file, overlays), file, options)
}

/** Is this a device tree, blob or source, rather than a board file or a shipped board? @throws InputError for a file that cannot be read */
export function isDeviceTree(reference: string, given?: Uint8Array): boolean {
  if (given === undefined && !looksLikeFile(reference)) return false
  return isDtb(boardBytes(reference, { given }).content) || /\.(dtb|dts|fdt)$|fdt$/i.test(reference)
}

/**
 * The bytes of a device tree with its overlays applied, and its name: source goes through dtc, what is compressed or lies in an image or
 * archive is taken out of it.
 * @throws InputError for a file that cannot be read, and for what holds no tree
 */
export function readDeviceTree(reference: string, input: TreeInput = {}): TreeIn {
  const { content, file } = boardBytes(reference, input)
  checkDeviceTree(content, file)
  return { content: overlaid(content, file, input.overlays ?? []), file }
}

const overlaid = (content: Uint8Array, file: string, overlays: readonly string[]): Uint8Array =>
  withOverlays(
    content,
    file,
    overlays.map((name): OverlayFile => {
      const overlay = boardBytes(name, {})
      checkDeviceTree(overlay.content, overlay.file)
      return overlay
    }),
  )

const noTree = (reference: string, overlays: readonly string[]): InputError =>
  new InputError(
    `--overlay ${overlays.join(', ')}: board ${reference} is not a device tree`,
    {},
    'overlays are laid over a device tree: give that of the board',
  )

/** Layers of compression that are taken off. */
const LAYERS = 3

function boardBytes(reference: string, { given, overlays = [] }: TreeInput): TreeIn {
  const { content, file, tree } = readInput(reference, given)
  const { layers, problem } = layersOf(content, file)
  const unpack = (packed: Uint8Array, name: string): Uint8Array => unpacked(packed, name) ?? packed
  // A kernel may be compressed, with its tree behind that.
  for (const layer of layers) {
    const found = treeIn(layer, file, unpack, tree)
    if (isDtb(found.content)) return found
  }
  if (problem !== undefined) throw problem
  const [inner = content] = layers
  return { content: isDts(inner) ? compileDts(file, inner, overlays.length > 0) : inner, file }
}

/** What is left when compression is taken off, innermost first; a problem where that ended too early: a tree may lie behind it. */
function layersOf(content: Uint8Array, file: string): { layers: readonly Uint8Array[]; problem?: InputError } {
  const layers = [content]
  try {
    for (
      let inner = unpacked(content, file);
      inner !== undefined && layers.length <= LAYERS;
      inner = unpacked(inner, file)
    )
      layers.unshift(inner)
  } catch (problem) {
    if (!isInputError(problem)) throw problem
    return { layers, problem }
  }
  return { layers }
}

/** Whatever has a suffix or a slash is a file; a shipped board has neither. */
const looksLikeFile = (reference: string): boolean =>
  /[/\\]|\.(ya?ml|json|dtbo?|dtso?|fdt|itb|fit|img|bin|tar|tgz|gz|xz|zst|bz2|lz4)$|-dtb$|^(fdt|[uz]?Image)$/i.test(
    reference.replace(/#[^#]*$/, ''),
  )

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

/** From the file where it is one, so that it finds what it includes. `labels`: keep them, for overlays. */
function compileDts(file: string, source: Uint8Array, labels: boolean): Uint8Array {
  const lies = file !== STANDARD_INPUT && /\.dtso?$/i.test(file) && existsSync(file)
  const dtc = spawnSync(
    'dtc',
    [...(labels ? ['-@'] : []), '-q', '-I', 'dts', '-O', 'dtb', '-o', '-', lies ? file : STANDARD_INPUT],
    { maxBuffer: 64 * 2 ** 20, timeout: DTC_MS, ...(lies ? {} : { input: source }) },
  )
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
  const text = new TextDecoder().decode(source)
  throw new InputError(`dtc: ${what}`, { file }, /^\s*#\s*(include|define|if)/m.test(text) ? PREPROCESS : undefined)
}
