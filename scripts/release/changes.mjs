// The files of .changeset, the version that they make, and the changelog.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const LEVELS = ['patch', 'minor', 'major']

/** One for each file but the README: its level and what it says. @throws Error for a file that is no change */
export const pendingChanges = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => {
      const file = join(folder, name)
      const [, head, text] = /^---\n([^]*?)\n---\n([^]*)$/.exec(readFileSync(file, 'utf8')) ?? []
      const levels = [...(head ?? '').matchAll(/: (patch|minor|major)$/gm)].map(([, level]) => level)
      if (levels.length === 0) throw new Error(`${file} is not a changeset`)
      return { file, level: LEVELS.findLast((level) => levels.includes(level)), text: text.trim() }
    })

/** Before 1.0 what breaks is a minor version. */
export const nextVersion = (version, changes) => {
  const [major, minor, patch] = version.split('.').map(Number)
  const has = (level) => changes.some((change) => change.level === level)
  if (has('major') && major > 0) return `${major + 1}.0.0`
  return has('major') || has('minor') ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

const TITLES = { major: 'Breaking changes', minor: 'New', patch: 'Fixed' }
/** As an item of a list; what is empty stays empty. */
const item = (text) => `- ${text.replaceAll(/\n(?=.)/g, '\n  ')}`

/** The changelog with a section for the version on top. */
export const changelogOf = (text, version, changes) => {
  const sections = LEVELS.toReversed().flatMap((level) => {
    const own = changes.filter((change) => change.level === level)
    if (own.length === 0) return []
    return [`### ${TITLES[level]}\n`, ...own.map((change) => item(change.text)), '']
  })
  const [head, ...rest] = text.replace(' There has been no release yet.', '').split(/^(?=## )/m)
  return `${[head.trimEnd(), '', `## ${version}`, '', ...sections].join('\n')}${rest.length === 0 ? '' : `\n${rest.join('')}`}`
}
