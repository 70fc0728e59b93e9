// The explorer in a browser, from disk: what it shows of runs, logs and trees, that it takes nothing for markup, and that everybody can use it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ViewData } from '@dmalab/api'
import {
  explore,
  openFiles,
  openLaboratory,
  readSweepSpec,
  specOf,
  sweep,
  viewExploration,
  viewRuns,
  viewSweep,
  viewTrace,
} from '@dmalab/lab'
import { readTrace } from '@dmalab/lab/node'
import { fragmentOf, htmlOf } from '@dmalab/report'
import { readFragment } from '@dmalab/report/view'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, openBrowser } from './chromium.ts'
import { hostileTrace, longTrace } from './made-traces.ts'

const SHARED = join(import.meta.dirname, '../../../shared')
const BUILT = join(import.meta.dirname, '../../apps/explorer/dist/index.html')
const parts = await openLaboratory()
const folder = mkdtempSync(join(tmpdir(), 'dmalab-pages-'))

describe.skipIf(chromiumPath === undefined)('the explorer (needs Chromium: set DMALAB_CHROMIUM, or install it)', () => {
  let page: Page
  let close: () => Promise<void>
  let errors: string[] = []
  const built = readFileSync(BUILT, 'utf8')
  beforeAll(async () => {
    const opened = await openBrowser()
    close = opened.close
    page = await opened.browser.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
    })
    page.on('pageerror', ({ message }) => errors.push(message))
  })
  afterEach(() => {
    const told = errors
    errors = []
    if (told.length > 0) throw new Error(`the console has ${told.join('; ')}`)
  })
  afterAll(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })

  /** The page from disk, when it has shown what it holds. */
  const opened = async (html: string, fragment = ''): Promise<void> => {
    const file = join(mkdtempSync(join(folder, 'page-')), 'page.html')
    writeFileSync(file, html)
    await page.goto(`${pathToFileURL(file).href}${fragment}`)
    await page.locator('body[data-ready=all]').waitFor()
  }
  const withData = async (data: ViewData): Promise<void> => opened(await htmlOf(built, data))
  const viewsOf = (): Promise<readonly (string | null)[]> =>
    page.locator('#views [data-view]').evaluateAll((all) => all.map((one) => one.getAttribute('data-view')))
  const seriousOf = async (): Promise<readonly string[]> => {
    await page.evaluate(axe.source)
    const { violations } = (await page.evaluate(
      "axe.run({ resultTypes: ['violations'], preload: false })",
    )) as axe.AxeResults
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.slice(0, 2).map(({ html }) => `${id}: ${html.slice(0, 160)}`))
  }

  test('is one file that names all it may run, and nothing else', () => {
    expect(built.length).toBeLessThan(1_500_000)
    const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(built) ?? []
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]+' 'wasm-unsafe-eval'; style-src 'sha256-/)
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/)
    expect(built).not.toMatch(/<[a-z]+ [^>]*\bon[a-z]+=|<(script|link|img)[^>]+(src|href)=/i)
  })

  describe('without data', () => {
    beforeAll(() => opened(built))

    test('runs the founding comparison by itself', async () => {
      expect(await page.locator('[data-view=outcome] .tile').allTextContents()).toHaveLength(4)
      expect(await page.locator('[data-view=outcome] .tile.bad').textContent()).toContain('fault')
      expect(await viewsOf()).toEqual([
        'kernels',
        'pipeline',
        'timeline',
        'memory',
        'lines',
        'findings',
        'figures',
        'events',
      ])
      expect(await page.locator('[data-view=kernels] table').first().textContent()).toContain('verdict')
      expect(await page.locator('[data-view=kernels]').textContent()).toContain('dma_cache_maint_page')
      expect(await page.locator('[data-view=findings]').textContent()).toContain('kernel-oops')
      expect(await page.locator('[data-view=pipeline] svg').textContent()).toContain('broken')
    })

    test('every view follows what is chosen', async () => {
      await page.locator('[data-view=findings] .finding.error button').first().click()
      expect(await page.locator('.announce').textContent()).toContain('oops')
      expect(await page.locator('[data-view=events] tr.chosen').textContent()).toContain('oops')
      expect(await page.locator('[data-view=memory] select').inputValue()).toBe('converter')
      expect(await page.locator('[data-view=kernels] .ended tr.chosen').textContent()).toContain('dma_cache_maint_page')
      await page.locator('[data-view=kernels] thead button').nth(2).click()
      expect(await page.locator('[data-view=pipeline] svg').textContent()).toContain('zero-copy')
      await page.locator('[data-view=events] select').selectOption('all')
      const timeline = page.locator('[data-view=timeline] .board')
      await timeline.focus()
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      expect(await page.locator('.announce').textContent()).toContain('#2 dma_alloc')
      expect(await page.locator('[data-view=events] tr.chosen').textContent()).toContain('codec.right')
      expect(await page.locator('[data-view=lines] header').textContent()).toContain('codec OUTPUT buffer 0')
      await page.keyboard.press('ArrowDown')
      expect(await page.locator('[data-view=lines] header').textContent()).toContain('codec OUTPUT buffer 1')

      const list = await page.locator('[data-view=events]').evaluate(() => document.querySelectorAll('tbody tr').length)
      expect(list).toBeGreaterThan(10)
    })

    test('everybody can use every view', async () => {
      expect(await seriousOf()).toEqual([])
    })
  })

  test('the address holds the run and what is chosen, and gives both again', async () => {
    const spec = specOf(parts.registry, { kernels: ['arm@4.11+nopage-rfc'], frames: 2 })
    const fragment = await fragmentOf({ spec, look: { event: '7', device: 'display', axis: 'steps' } })
    expect(await readFragment(fragment)).toEqual({ spec, look: { event: '7', device: 'display', axis: 'steps' } })
    await opened(built, `#${fragment}`)
    expect(await page.locator('[data-view=command]').textContent()).toContain('--kernel arm@4.11+nopage-rfc')
    expect(await page.locator('.announce').textContent()).toContain('#7')
    expect(await page.locator('[data-view=timeline] select').inputValue()).toBe('steps')
    await page.locator('[data-view=timeline] .board').focus()
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => location.hash.includes('event=8'))
    expect((await readFragment(await page.evaluate(() => location.hash))).spec).toEqual(spec)

    // Changes one thing, and compares with the run before.
    await page.getByLabel('Kernels, with patches').fill('arm@4.11')
    await page.getByLabel('Pipeline (gst-launch-1.0) or scenario').fill('v4l2src ! v4l2convert ! nosuchsink')
    await page.locator('#work-problem').getByText('nosuchsink').first().waitFor()
    await page.getByLabel('Pipeline (gst-launch-1.0) or scenario').fill('line' in spec.work ? spec.work.line : '')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.locator('[data-view=since]').waitFor()
    expect(await page.locator('[data-view=kernels]').textContent()).toContain('fault')
  })

  const log = join(SHARED, 'traces/a64-6.12-media-dccap-export-dcout-import.trace.txt')
  test.skipIf(!existsSync(log))('shows the log of a real kernel, and reads one that is opened in it', async () => {
    await withData(await viewTrace('real.txt', (onEvent) => readTrace(log, onEvent), 'dmalab view real.txt'))
    expect(await viewsOf()).toEqual(['timeline', 'memory', 'findings', 'scatterlist', 'figures', 'events'])
    expect(await page.locator('[data-view=events] header').textContent()).toContain('124 of 124')
    await page.locator('[data-view=timeline] select').selectOption('time')
    expect(await page.locator('[data-view=timeline] select').inputValue()).toBe('time')
    expect(await seriousOf()).toEqual([])
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'again.txt', mimeType: 'text/plain', buffer: readFileSync(log) })
    await page.locator('[data-view=command]').getByText('again.txt').waitFor()
    expect(await page.locator('[data-view=events] header').textContent()).toContain('124 of 124')
  })

  const tree = join(SHARED, 'boards/juno.dtb')
  test.skipIf(!existsSync(tree))('takes a device tree, and runs what its board suggests', async () => {
    const got = await openFiles(parts, [{ name: 'juno.dtb', bytes: readFileSync(tree) }])
    if (got.got !== 'spec') throw new Error(got.got)
    await withData(await viewRuns(parts, got.spec))
    expect(await viewsOf()).toContain('memory')
    await page.locator('[data-view=memory] select').selectOption({ index: 1 })
    expect(await seriousOf()).toEqual([])
  })

  const made: Readonly<Record<string, () => Promise<ViewData>>> = {
    sweeps: async () => {
      const points =
        'sweep: 1\nname: sizes\nframes: 1\nwork: founding\nsize: [64x64, 128x64]\nkernel: [arm@4.11, arm@6.12]\n'
      return viewSweep(await sweep(readSweepSpec(points, 'sizes.yaml'), { laboratory: parts }), {}, 'dmalab sweep')
    },
    explorations: async () => {
      const bound = { configurations: 'single', states: 4, walks: 0 } as const
      const work = { kernel: 'arm@4.11+nopage-rfc', bound, only: ['importer=iommu'] }
      return viewExploration(await explore(work, { laboratory: parts }), 'dmalab explore')
    },
    diagnoses: async () => {
      const told = '[    1.000000] cma: cma_alloc: alloc failed, req-size: 512 pages, ret: -12\n'
      const got = await openFiles(parts, [{ name: 'dmesg.txt', bytes: new TextEncoder().encode(told) }])
      if (got.got !== 'view') throw new Error(got.got)
      return got.view
    },
  }
  test.for(Object.entries(made))('shows %s, to everybody', async ([, make]) => {
    const data = await make()
    await withData(data)
    expect(await viewsOf()).toContain(data.kind)
    expect(await seriousOf()).toEqual([])
  })

  test('takes names for text, whatever they hold and however many there are', async () => {
    await withData(await hostileTrace())
    expect(await page.locator('script').count()).toBe(4)
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
    const text = (await page.locator('body').textContent()) ?? ''
    expect(text).toContain('<script>globalThis.hacked=1</script>')
    expect(text).toContain(String.raw`dmalab view <b>\x1b[31m`)
    expect(await page.locator('[data-view=memory] select option').count()).toBeLessThan(500)
  })

  test('tells how long its script takes for a frame of 100,000 events', async () => {
    await withData(await longTrace(100_000))
    const board = page.locator('[data-view=timeline] .board')
    await board.focus()
    for (const key of ['Home', '+', '+', 'ArrowRight', 'PageDown', '-', 'End', '0']) await page.keyboard.press(key)
    const told = await page.locator('[data-view=timeline] canvas[data-script]').getAttribute('data-script')
    expect(told).toMatch(/^\d+\.\d\d \d+\.\d\d$/)
  })
})
