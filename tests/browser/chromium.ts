// A real browser, where this machine has one.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const KNOWN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium']

/** Path of a Chromium: what DMALAB_CHROMIUM names, else where distributions put it; undefined where there is none. */
export const chromiumPath: string | undefined = process.env['DMALAB_CHROMIUM'] || KNOWN.find((path) => existsSync(path))

/** Nothing that reaches out to a network. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser of its own, until it is closed. */
export const openBrowser = async (): Promise<{
  readonly browser: BrowserContext
  readonly close: () => Promise<void>
}> => {
  const profile = mkdtempSync(join(tmpdir(), 'dmalab-chromium-'))
  const forget = (): void => rmSync(profile, { recursive: true, force: true })
  try {
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath: chromiumPath ?? '',
      headless: true,
      args: ARGS,
    })
    return {
      browser,
      close: async () => {
        await browser.close()
        forget()
      },
    }
  } catch (error) {
    forget()
    throw error
  }
}

/** Opens `url` in a browser of its own, and closes it when `work` is done. */
export const withPage = async <T>(url: string, work: (page: Page) => Promise<T>): Promise<T> => {
  const { browser, close } = await openBrowser()
  try {
    const page = await browser.newPage()
    await page.goto(url)
    return await work(page)
  } finally {
    await close()
  }
}
