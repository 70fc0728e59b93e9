// The explorer's page, with what a command found inside: written to a file, and opened in the browser.
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InputError, type ViewData } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'
import { htmlOf } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { isThere } from './paths.ts'
import { temporaryPlace, writeText } from './write-file.ts'

export const PAGE_FLAGS = {
  html: Flags.string({
    helpValue: 'FILE',
    summary:
      'Write it as a page, too: one file with pictures of what happened, which opens from disk (docs/explorer.md)',
  }),
  open: Flags.boolean({
    summary: 'Open that page in the browser; without --html it lies in a temporary folder',
    default: false,
  }),
} as const

export interface PageFlags {
  readonly html?: string | undefined
  readonly open: boolean
}

export const wantsPage = ({ html, open }: PageFlags): boolean => html !== undefined || open

/**
 * Writes the page, and opens it where that is asked for. `root`: folder of this package. `tell` gets what a person should know.
 * @throws InputError as writeText does, and where this build has no page
 */
export const writePage = async (
  root: string,
  data: ViewData | null,
  { html, open }: PageFlags,
  tell: (text: string) => void,
): Promise<string> => {
  const built = join(root, 'build/explorer.html')
  if (!isThere(built))
    throw new InputError('this build of dmalab has no page', { file: built }, 'npm run build makes it')
  const page = new TextDecoder().decode(readWhole(built, MOST.text))
  const place = html ?? temporaryPlace('dmalab.html')
  writeText(place, data === null ? page : await htmlOf(page, data))
  if (!open) return place
  const address = pathToFileURL(resolve(place)).href
  if (await isOpened(address)) tell(`opened ${place}`)
  else tell(`no browser could be started; the page is ${place}`)
  return place
}

/** What starts a browser: what BROWSER names, else what the system has for it. */
const openers = (): readonly (readonly [program: string, ...words: string[]])[] => {
  const named = process.env['BROWSER']
  if (named !== undefined && named !== '') return [[named]]
  if (process.platform === 'darwin') return [['open']]
  return process.platform === 'win32' ? [['cmd', '/c', 'start', '']] : [['xdg-open'], ['x-www-browser']]
}

const isOpened = async (address: string): Promise<boolean> => {
  for (const [program, ...words] of openers()) if (await isStarted(program, [...words, address])) return true
  return false
}

/** The browser outlives the command. */
const isStarted = (program: string, words: readonly string[]): Promise<boolean> =>
  new Promise((started) => {
    const child = spawn(program, words, { detached: true, stdio: 'ignore' })
    child.once('error', () => started(false))
    child.once('spawn', () => {
      child.unref()
      started(true)
    })
  })
