// The laboratory in a browser: the same bytes as from the command line.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkRunSpec, runSpec, specOf } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Bundle, bundleFor } from './bundle.ts'
import { requestOf, scenarioFiles } from '../runs/scenario-files.ts'
import { chromiumPath, withPage } from './chromium.ts'

const CLI = join(import.meta.dirname, '../../apps/cli/bin/run.js')
const parts = await openLaboratory()
const PAGE = '<!doctype html><meta charset="utf-8"><title>dmalab</title>'

/** The page and the worker's script, on a port of this machine's own. */
const served = async <T>(script: string, work: (url: string) => Promise<T>): Promise<T> => {
  const server = createServer(({ url }, answer) => {
    const type = url === '/worker.js' ? 'text/javascript' : 'text/html'
    answer.writeHead(200, { 'content-type': type }).end(url === '/worker.js' ? script : PAGE)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

interface Posted {
  readonly texts?: readonly string[]
  readonly error?: string
}

/** What the worker posts, or why it does not start. Runs in the page. */
const inWorker = (specs: readonly string[]): Promise<Posted> =>
  new Promise((resolve) => {
    const worker = new Worker('/worker.js', { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<Posted>) => resolve(data))
    worker.addEventListener('error', ({ message }) => resolve({ error: message }))
    worker.postMessage(specs)
  })

/** Scenarios of every kind, by their place in the list. */
const EVERY = 12

/** What the command prints, in a home without films. */
const byCommand = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'dmalab-home-'))
  try {
    const env = { ...process.env, HOME: home, XDG_DATA_HOME: join(home, 'data') }
    return spawnSync(process.execPath, [CLI, 'compare', 'founding', '--json'], { encoding: 'utf8', env }).stdout
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

describe('@dmalab/lab for browsers', () => {
  let bundle: Bundle
  beforeAll(async () => {
    bundle = await bundleFor(join(import.meta.dirname, 'founding-worker.ts'))
  })

  test('needs no module that only Node has', () => {
    expect(bundle.ofNode).toEqual([])
    expect(bundle.code.length).toBeGreaterThan(100_000)
  })

  test('what needs Node would be seen', async () => {
    const { ofNode } = await bundleFor(join(import.meta.dirname, '../../packages/machine/src/node/index.ts'))
    expect(ofNode.toSorted().map((one) => one.replace(/.*: /, ''))).toContain('node:child_process')
  })

  describe.skipIf(chromiumPath === undefined)(
    'in a worker (needs Chromium: set DMALAB_CHROMIUM, or install it)',
    () => {
      const specs = scenarioFiles
        .filter((_file, i) => i % EVERY === 0)
        .map((file) => JSON.stringify(specOf(parts.registry, requestOf(file))))
      let got: Posted
      beforeAll(async () => {
        got = await served(bundle.code, (url) => withPage(url, (page) => page.evaluate(inWorker, specs)))
      })

      test('gives the founding comparison of the command line, byte for byte', () => {
        expect(got.error).toBeUndefined()
        expect(`${got.texts?.[0]}\n`).toBe(byCommand())
      })

      test('gives scenarios as this process runs them, byte for byte', async () => {
        expect(got.error).toBeUndefined()
        const texts = got.texts?.slice(1) ?? []
        expect(texts).toHaveLength(specs.length)
        for (const [i, spec] of specs.entries()) {
          const here = await runSpec(parts, checkRunSpec(JSON.parse(spec)))
          expect(texts[i]).toBe(JSON.stringify(here, null, 2))
        }
      })
    },
  )
})
