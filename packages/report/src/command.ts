// The command that repeats a run, as a POSIX shell takes it: every command that dmalab suggests is printed here.
import { RUN_DEFAULTS, type RunSpec, type ScenarioWork } from '@dmalab/api'

export interface CommandOptions {
  /** What starts dmalab. */
  readonly program?: string
  /** The file that holds the spec, where its words do not fit a command line. */
  readonly file?: string
  /** The files that the spec was read from are where it names them, so that a command may name them, too. */
  readonly files?: boolean
  /** The archive that board, kernel, configuration and command line come from. */
  readonly bundle?: string | undefined
  /** Words that stand for a whole line, such as `founding`. */
  readonly lines?: Readonly<Record<string, string>>
}

/**
 * `dmalab run` for one kernel, `dmalab compare` for several. A spec that holds a board, a scenario or a log, or a text that a flag
 * cannot say, is named as a file; a scenario that came from standard input goes there again.
 */
export const commandOf = (spec: RunSpec, options: CommandOptions = {}): string => {
  const { program = 'dmalab', file = 'run.json' } = options
  const words = wordsOf(spec, options)
  const piped =
    words?.[0] === STANDARD_INPUT && 'scenario' in spec.work ? [`printf '%s\\n' ${quoted(textOf(spec.work))} |`] : []
  const verb = spec.kernels.length > 1 ? 'compare' : 'run'
  return [...piped, program, verb, ...(words ?? ['--spec', file]).map(quoted)].join(' ')
}

/** Any command as a shell takes it: its words, quoted where that is needed. */
export const shellCommand = (words: readonly string[]): string => words.map(quoted).join(' ')

const STANDARD_INPUT = '-'
const textOf = ({ scenario }: ScenarioWork): string =>
  typeof scenario === 'string' ? scenario : JSON.stringify(scenario)

/** Arguments and flags; undefined when they cannot say all of the spec. */
const wordsOf = (
  spec: RunSpec,
  { files = false, bundle, lines = {} }: CommandOptions,
): readonly string[] | undefined => {
  const { cmdline, options } = spec
  const board = bundle === undefined ? boardWords(spec, files) : flag('bundle', bundle)
  const work = workWord(spec, files, lines)
  if (board === undefined || work === undefined || !isSayable(spec)) return undefined
  const changed = (name: 'frames' | 'size' | 'format' | 'buffers' | 'seed'): readonly string[] =>
    options[name] === RUN_DEFAULTS[name] ? [] : flag(name, String(options[name]))
  const kernel = [
    ...spec.kernels.flatMap((name) => flag('kernel', name)),
    ...spec.config.flatMap((text) => flag('config', text)),
    ...(cmdline === null ? [] : flag('cmdline', cmdline)),
  ]
  return [
    work,
    ...board,
    ...(bundle === undefined ? kernel : []),
    ...(['frames', 'size', 'format', 'buffers', 'seed'] as const).flatMap(changed),
    ...Object.entries(options.bind).flatMap(([element, device]) => flag('bind', `${element}=${device}`)),
    ...options.inject.flatMap((text) => flag('inject', text)),
    ...(options.restart === null ? [] : flag('restart', String(options.restart))),
    ...(options.adversarialCache ? ['--adversarial-cache'] : []),
    ...options.assume.flatMap((word) => flag('assume', word)),
    ...spec.plugins.flatMap(({ path }) => flag('plugin', path)),
  ]
}

/** What SCENARIO is: a line, or the file of a scenario where it lies there still, or standard input. */
const workWord = ({ work }: RunSpec, files: boolean, lines: Readonly<Record<string, string>>): string | undefined => {
  if ('line' in work) return Object.keys(lines).find((word) => lines[word] === work.line) ?? work.line
  if (!('scenario' in work)) return undefined
  return work.file === STANDARD_INPUT || (files && /\.(ya?ml|json)$/.test(work.file)) ? work.file : undefined
}

/** A tree's architecture is for a spec to state. */
const boardWords = ({ board }: RunSpec, files: boolean): readonly string[] | undefined => {
  if (typeof board === 'string') return looksLikeFile(board) ? undefined : flag('board', board)
  if (!files || 'machine' in board) return undefined
  const archive = ARCHIVE.exec(board.file)?.[1]
  if (archive !== undefined) return flag('bundle', archive)
  if ('text' in board) return flag('board', board.file)
  return board.arch === null
    ? [
        ...flag('board', board.file),
        ...board.overlays.flatMap((overlay) => flag('overlay', overlay)),
        ...board.memory.flatMap((bank) => flag('memory', bank)),
      ]
    : undefined
}

/** A part of an archive: the archive as a bundle has the same board, and other words that are said count. */
const ARCHIVE = /^(.*\.(?:tar|tgz|gz|xz|zst|bz2|lz4)):/

/** A value that looks like a flag must touch its name. */
const flag = (name: string, value: string): readonly string[] =>
  value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value]

/** Would the command line read these words as what they are here? */
const isSayable = ({ work, cmdline, options }: RunSpec): boolean =>
  (!('line' in work) || (!looksLikeFile(work.line) && !work.line.startsWith('-'))) &&
  cmdline !== '' &&
  Object.entries(options.bind).every((pair) => pair.every((name) => name !== '' && !name.includes('=')))

/** The command line takes such a word for a file, or for standard input. */
const looksLikeFile = (word: string): boolean => /^-$|\.(ya?ml|json|dtb|dts|fdt)$/i.test(word)

/** A word as a POSIX shell takes it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
