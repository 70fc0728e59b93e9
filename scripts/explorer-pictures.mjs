#!/usr/bin/env node
// Draws docs/pictures/: the explorer as a browser shows it, with numbers that the pages explain. Needs the built page and Chromium.
//   node scripts/explorer-pictures.mjs
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { chromium } = createRequire(join(root, 'tests/package.json'))('playwright-core')
const executablePath =
  process.env.DMALAB_CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path))
const built = pathToFileURL(join(root, 'apps/explorer/dist/index.html')).href
const target = join(root, 'docs/pictures')

/** Each with what is run (absent: the founding comparison), the column that is chosen, the views that are shown, and where its numbers stand: a selector, and a text within it. */
const PICTURES = [
  {
    name: 'kernels',
    column: 0,
    views: ['outcome', 'kernels', 'pipeline'],
    marks: [
      ['[data-view=outcome] .tile', null],
      ['[data-view=kernels] tr.chosen th', null],
      ['[data-view=kernels] td .bad', null],
      ['[data-view=kernels] pre', null],
      ['[data-view=pipeline] svg text', 'broken'],
    ],
  },
  {
    name: 'timeline',
    column: 0,
    views: ['timeline', 'memory'],
    marks: [
      ['[data-view=timeline] canvas', null],
      ['[data-view=timeline] .announce', null],
      ['[data-view=timeline] .legend', null],
      ['[data-view=memory] svg', null],
    ],
  },
  {
    name: 'scatterlist',
    column: 2,
    views: ['scatterlist'],
    marks: [
      ['[data-view=scatterlist] td.severity-warning', null],
      ['[data-view=scatterlist] td:last-child', null],
    ],
  },
  {
    name: 'lines',
    run: 'scenarios/steps-sync-missed.yaml',
    column: 0,
    views: ['timeline', 'lines'],
    marks: [
      ['[data-view=timeline] .announce', null],
      ['[data-view=lines] canvas', null],
      ['[data-view=lines] input', null],
      ['[data-view=lines] .legend', null],
    ],
  },
]

/** In the page: leaves the views of a picture, and puts a numbered disc beside each mark. */
const annotate = ({ views, marks }) => {
  for (const view of document.querySelectorAll('main > section, #views > section'))
    if (!views.includes(view.dataset.view)) view.style.display = 'none'
  document.querySelector('#views').style.display = 'block'
  // The discs stand in a margin.
  document.querySelector('main').style.paddingLeft = '34px'
  for (const [i, [selector, text]] of marks.entries()) {
    const place = [...document.querySelectorAll(selector)].find((one) => text === null || one.textContent === text)
    if (place === undefined) throw new Error(`nothing at ${selector}`)
    const box = place.getBoundingClientRect()
    const disc = document.createElement('div')
    disc.textContent = String(i + 1)
    Object.assign(disc.style, {
      position: 'absolute',
      left: `${box.left + scrollX - 30}px`,
      top: `${box.top + scrollY - 4}px`,
      width: '22px',
      height: '22px',
      borderRadius: '11px',
      background: '#b3001b',
      color: '#fff',
      font: '600 13px/22px system-ui, sans-serif',
      textAlign: 'center',
    })
    document.body.append(disc)
  }
}

const profile = mkdtempSync(join(tmpdir(), 'dmalab-chromium-'))
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  colorScheme: 'light',
  viewport: { width: 1240, height: 900 },
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
try {
  mkdirSync(target, { recursive: true })
  for (const { name, run, column, views, marks } of PICTURES) {
    const page = await browser.newPage()
    const held = join(profile, `${name}.html`)
    if (run !== undefined)
      execFileSync(process.execPath, ['apps/cli/bin/run.js', 'run', run, '--html', held], { cwd: root })
    await page.goto(run === undefined ? built : pathToFileURL(held).href)
    await page.locator('body[data-ready=all]').waitFor()
    await page.locator('[data-view=kernels] thead button').nth(column).click()
    if (name === 'scatterlist') {
      await page.locator('[data-view=timeline] .board').focus()
      for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key)
    }
    await page.evaluate(annotate, { views, marks })
    await page.waitForTimeout(300)
    await page.locator('main').screenshot({ path: join(target, `${name}.png`) })
    await page.close()
    console.log(`docs/pictures/${name}.png`)
  }
} finally {
  await browser.close()
  rmSync(profile, { recursive: true, force: true })
}
