// Files that a git diff changes without a hunk (renamed, binary, another mode): a patch of the model has no entry for them, so they are listed.

export interface FileWithoutHunk {
  readonly file: string
  /** `binary`, `renamed from x`, `mode 100644 to 100755`, `removed`, `empty`. */
  readonly what: string
}

/** In the order of the diff. */
export const filesWithoutHunk = (lines: readonly string[]): readonly FileWithoutHunk[] => {
  const heads = lines.flatMap((line, at) => (line.startsWith('diff --git ') ? [at] : []))
  return heads.flatMap((at, i) => {
    const section = lines.slice(at, heads[i + 1])
    // What follows the last one, such as a signature, has no hunk either.
    if (section.some((line) => line.startsWith('@@ '))) return []
    const file = / b\/(\S+)$/.exec(section[0] ?? '')?.[1] ?? (section[0] ?? '').slice('diff --git '.length)
    return [{ file, what: whatOf(section) }]
  })
}

const whatOf = (section: readonly string[]): string => {
  const after = (lead: string): string | undefined => section.find((line) => line.startsWith(lead))?.slice(lead.length)
  if (section.some((line) => line.startsWith('GIT binary patch') || line.startsWith('Binary files '))) return 'binary'
  const from = after('rename from ') ?? after('copy from ')
  if (from !== undefined) return `${after('copy from ') === undefined ? 'renamed' : 'copied'} from ${from}`
  const mode = after('old mode ')
  if (mode !== undefined) return `mode ${mode} to ${after('new mode ') ?? ''}`
  return after('deleted file mode ') === undefined ? 'empty' : 'removed'
}
