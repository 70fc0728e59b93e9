// A unified diff, or a mail with one in it, as its hunks in their order. Mails lose the blank in front of lines; that is put up with.
import { InputError } from '@dmalab/api'
import { headerText, mailLines, quotedPatch } from './mail-text.ts'
import { type FileWithoutHunk, filesWithoutHunk } from './without-hunk.ts'

export interface DiffHunk {
  /** From the root of the kernel tree, as it is after the patch; that before it for a file that goes. */
  readonly file: string
  /** Line of the diff. */
  readonly line: number
  /** The function, macro or type that it changes, by C name. */
  readonly symbol: string
  readonly added: number
  readonly removed: number
}

export interface KernelDiffText {
  /** Subject of the mail or commit, without [PATCH]; null where there is none. */
  readonly title: string | null
  readonly hunks: readonly DiffHunk[]
  /** Files that it changes without one: binary, renamed, another mode. */
  readonly withoutHunk: readonly FileWithoutHunk[]
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@ ?(.*)$/
const MOST_LINES = 1_000_000

/** @throws InputError for a text that holds no hunk, and for a hunk that ends before its lines do */
export const readDiff = (text: string, file: string): KernelDiffText => {
  const lines = mailLines(text)
  if (lines.length > MOST_LINES) throw new InputError(`more than ${MOST_LINES} lines are no patch`, { file })
  const own = hunksIn(lines, file, false)
  const quoted = own.length > 0 ? undefined : quotedPatch(lines)
  const hunks = quoted === undefined ? own : hunksIn(quoted, file, true)
  if (hunks.length === 0)
    throw new InputError(
      'this holds no hunk of a unified diff',
      { file },
      'git diff, git format-patch or a mail with the patch in it',
    )
  return { title: titleOf(lines), hunks, withoutHunk: filesWithoutHunk(quoted ?? lines) }
}

/** `cut`: an answer leaves out what it does not talk of. */
const hunksIn = (lines: readonly string[], file: string, cut: boolean): readonly DiffHunk[] => {
  const hunks: DiffHunk[] = []
  let path = { old: '', new: '' }
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const [, old] = /^--- (\S+)/.exec(line) ?? []
    const [, next] = /^\+\+\+ (\S+)/.exec(lines[at + 1] ?? '') ?? []
    if (old !== undefined && next !== undefined) {
      path = { old, new: next }
      at += 1
      continue
    }
    const head = HUNK.exec(line)
    if (head === null) continue
    if (path.new === '') throw new InputError('a hunk without the name of its file', { file, line: at + 1 })
    const body = bodyOf(lines.slice(at + 1), { old: Number(head[1] ?? 1), new: Number(head[2] ?? 1) }, cut)
    if (body === undefined)
      throw new InputError(
        'the hunk has fewer lines than its head says',
        { file, line: at + 1 },
        'the patch is cut off',
      )
    hunks.push({
      file: plainPath(kernelPath(path)),
      line: at + 1,
      symbol: symbolOf(head[3] ?? '', body),
      added: body.filter((one) => one.startsWith('+')).length,
      removed: body.filter((one) => one.startsWith('-')).length,
    })
    at += body.length
  }
  return hunks
}

/** Without what names the two trees: a/ and b/, or the folders that diff -r compared. */
const kernelPath = ({ old, new: next }: { readonly old: string; readonly new: string }): string => {
  if (next === '/dev/null' || old === '/dev/null') return (next === '/dev/null' ? old : next).replace(/^[ab]\//, '')
  const [was, is] = [old, next].map((path) => path.slice(path.indexOf('/') + 1))
  const isOfTrees = old !== next && was === is && next.includes('/')
  return isOfTrees ? next.slice(next.indexOf('/') + 1) : next.replace(/^b\//, '')
}

/** No file of a kernel has other characters in its name; what would end a comment or obey a terminal is not written on. */
const plainPath = (path: string): string => path.replaceAll(/[^\w./+,@~-]/g, '?')

/** As many lines as the head says; a line that is empty, or has lost its blank, is context. */
const bodyOf = (
  lines: readonly string[],
  count: { readonly old: number; readonly new: number },
  cut: boolean,
): readonly string[] | undefined => {
  let { old: olds, new: news } = count
  const body: string[] = []
  for (const line of lines) {
    if (olds <= 0 && news <= 0) return body
    if (HUNK.test(line) || line.startsWith('diff --git ')) return cut ? body : undefined
    body.push(line)
    if (line.startsWith('\\')) continue
    if (!line.startsWith('+')) olds -= 1
    if (!line.startsWith('-')) news -= 1
  }
  return cut || (olds <= 0 && news <= 0) ? body : undefined
}

const KEYWORDS = /^(?:if|else|for|while|switch|return|do|goto|case|sizeof|default)$/

/** `static int name(struct device *dev,`: a type in front of the name, and no end of a statement behind. */
const definition = (text: string, withEnd: boolean): string | undefined => {
  const [, head = '', name] = /^((?:[A-Za-z_]\w*[\s*]+)+)\**([A-Za-z_]\w*)\s*\(/.exec(text) ?? []
  if (name === undefined || KEYWORDS.test(name) || head.split(/\s+/).some((word) => KEYWORDS.test(word)))
    return undefined
  return withEnd || !/;\s*$/.test(text) ? name : undefined
}

/** struct, union or enum at the top of a file. */
const typeName = (text: string): string | undefined => /^(?:typedef )?((?:struct|union|enum) \w+) \{/.exec(text)?.[1]

const macro = (text: string): string | undefined => /^#\s*define\s+(\w+)/.exec(text)?.[1]

/** What is new in the hunk, else what the first changed line stands in. */
const symbolOf = (head: string, body: readonly string[]): string => {
  const added = body.filter((line) => line.startsWith('+')).map((line) => line.slice(1))
  const fresh = named(added, (text) => definition(text, false)) ?? named(added, macro)
  if (fresh !== undefined && !body.some((line) => line.startsWith('-') && line.includes(fresh))) return fresh
  const first = body.findIndex((line) => /^[+-]/.test(line))
  const before = body.slice(0, first).map((line) => line.replace(/^ /, ''))
  const around = named(before.toReversed(), (text) => definition(text, false) ?? typeName(text))
  if (around !== undefined) return around
  // A prototype in a header is what it declares; anything else what git names behind the head.
  const declared = named(added, (text) => definition(text.replace(/^extern /, ''), true))
  return (
    (body.some((line) => line.startsWith('-')) ? undefined : declared) ??
    definition(head, false) ??
    typeName(`${head.trim()} {`.replace('{ {', '{')) ??
    definition(head, true) ??
    declared ??
    'the file'
  )
}

const named = (lines: readonly string[], look: (text: string) => string | undefined): string | undefined => {
  for (const line of lines) {
    const name = look(line)
    if (name !== undefined) return name
  }
  return undefined
}

/** How many lines of headers a mail may have. */
const HEADS = 400

const titleOf = (lines: readonly string[]): string | null => {
  const heads = lines.slice(0, HEADS)
  const at = heads.findIndex((one) => /^(?:Subject:\s*)?\[(?:RFC|PATCH)[^\]]*\]|^Subject: /i.test(one))
  if (at < 0) return null
  const rest = heads.slice(at + 1)
  const more = rest.findIndex((one) => !/^[ \t]+\S/.test(one))
  const whole = [heads[at] ?? '', ...rest.slice(0, more < 0 ? 0 : more)].map((one) => one.trim()).join(' ')
  return headerText(whole)
    .replace(/^Subject:\s*/i, '')
    .replace(/^(?:(?:Re|Fwd?):\s*)+/i, '')
    .replaceAll(/^(?:\[[^\]]*\]\s*)+/g, '')
    .trim()
}
