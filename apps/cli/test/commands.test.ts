// The commands as a user types them: exit codes, one clear message, no stack trace.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport, RunSpec } from '@dmalab/api'
import { openRegistry, specOf } from '@dmalab/lab'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalab } from './dmalab.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('compare prints the four kernels and exits 0; --json is the report', async () => {
  const { code, out } = await dmalab('compare', 'founding', '--frames', '1', '--json')
  expect(code).toBe(0)
  const report = JSON.parse(out) as RunReport
  expect(report.runs.map(({ kernel, verdict }) => [kernel, verdict])).toEqual([
    ['arm@4.11', 'fault'],
    ['arm@4.11+pfn-valid', 'refused'],
    ['arm@4.11+nopage-rfc', 'works'],
    ['arm@4.11+pfn-valid+nopage-rfc', 'works'],
  ])
})

test('run shows the oops and exits 3 when the kernel faults, 0 when it works', async () => {
  const fault = await dmalab('run', 'founding', '--kernel', 'arm@4.11', '--frames', '1')
  expect(fault.code).toBe(3)
  expect(fault.out).toContain('(dma_cache_maint_page) from (__dma_page_cpu_to_dev)')
  expect((await dmalab('run', 'founding', '--kernel', 'arm@4.11+nopage-rfc', '--frames', '1')).code).toBe(0)
})

test('a failure that was asked for and never came is reported', async () => {
  const args = ['founding', '--kernel', 'arm@4.11+nopage-rfc', '--frames', '1', '--inject', 'mapSg@converter:99']
  expect((await dmalab('run', ...args)).out).toContain(
    'not injected: call 99 of mapSg for converter never came; there were',
  )
})

test('a patch of the user changes the verdict', async () => {
  const plugin = file(
    'refuse.mjs',
    `export const dmalab = { api: 2 }
export default (api) => ({ name: 'refuse', patches: [{ name: 'refuse', title: 't', source: 's', hunks: [],
  functions: { arm_dma_get_sgtable: () => () => api.fail('EOPNOTSUPP', 'refused by a plug-in') } }] })`,
  )
  const { code, out } = await dmalab(
    'run',
    'founding',
    '--kernel',
    'arm@4.11+nopage-rfc+refuse',
    '--plugin',
    plugin,
    '--frames',
    '1',
    '--json',
  )
  expect(code).toBe(3)
  expect((JSON.parse(out) as RunReport).runs[0]).toMatchObject({ verdict: 'refused', step: 'codec: EXPBUF' })
})

test('kernel show lists the nine hunks of the RFC in the order of the diff', async () => {
  const { out } = await dmalab('kernel', 'show', 'arm@4.11+nopage-rfc')
  const files = [...out.matchAll(/hunk \d+ {2}(\S+):/g)].map((match) => match[1])
  expect(files).toHaveLength(9)
  expect(files[0]).toBe('arch/arm/mm/dma-mapping.c')
  expect(files[8]).toBe('include/linux/scatterlist.h')
})

test('bench map prints averages in the terms of the kernel tool, and medians', async () => {
  const { code, out } = await dmalab('bench', 'map', '--count', '50', '--granule', '4')
  expect(code).toBe(0)
  expect(out).toMatch(/average map latency\(us\):\d+\.\d+ standard deviation:\d+\.\d+ median:\d+\.\d+/)
})

describe('bad input is one clear message with its place, exit code 2', () => {
  const gst = 'filesrc ! v4l2video4dec capture-io-mode=dmabuf ! kmssink'
  const cases: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
    ['an unknown kernel', ['run', 'founding', '--kernel', 'vax@6.12'], /no kernel 'vax@6\.12'.*arm@4\.11/],
    ['an unknown patch', ['run', 'founding', '--kernel', 'arm@4.11+nope'], /no patch 'nope'.*nopage-rfc/],
    ['a patch stacked twice', ['run', 'founding', '--kernel', 'arm@4.11+nopage-rfc+nopage-rfc'], /stacked twice/],
    ['an unknown board', ['run', 'founding', '--board', 'nope'], /no board is named nope[^]*odroid-xu4-2017/],
    ['an unknown device to bind to', ['run', gst, '--bind', 'kmssink=nope'], /nope/],
    ['an unknown element to bind', ['run', gst, '--bind', 'nope=codec'], /nope/],
    ['an unknown property value', ['run', 'filesrc ! v4l2video4dec capture-io-mode=nope ! kmssink'], /nope/],
    ['a broken gst line', ['run', 'filesrc ! ! kmssink'], /\^/],
    ['zero frames', ['run', 'founding', '--frames', '0'], /frames is 0/],
    ['an odd size', ['run', 'founding', '--size', '1920'], /WIDTHxHEIGHT/],
    ['an unknown config option', ['run', 'founding', '--config', 'NOPE'], /'NOPE' is unknown/],
    ['an unknown command line word', ['run', 'founding', '--cmdline', 'nope=1'], /'nope' is unknown/],
    ['a board file that is not there', ['run', 'founding', '--board', 'nope.yaml'], /nope\.yaml: no such file/],
    [
      'a plug-in that is not there',
      ['run', 'founding', '--plugin', './nope.mjs'],
      /nope\.mjs: there is no such plug-in/,
    ],
    ['a vector file that is not there', ['conform', 'nope.json'], /nope\.json: no such file/],
    ['a flag that is not there', ['run', 'founding', '--nope'], /nope/],
    ['a command that is not there', ['nonsense'], /nonsense/],
  ]
  test.each([
    ['a flag that is not there', ['run', 'founding', '--nope']],
    ['a flag without its value', ['run', 'founding', '--size']],
    ['a value that a flag does not have', ['run', 'founding', '--fail-on', 'nope']],
    ['a number that is none', ['conform', 'a.json', '--show', 'x']],
    ['an argument too many', ['compare', 'founding', 'again']],
    ['no argument', ['trace', 'check']],
    ['a command that is not there', ['runn', 'founding']],
    ['a command of a topic that is not there', ['board', 'shw']],
    ['a kernel that is not there', ['kernel', 'show', 'amr@4.11']],
    ['a code that is not there', ['explain', 'nope']],
  ])('with --json: %s', async (_what, args) => {
    const { code, out, err } = await dmalab(...args, '--json')
    expect([code, err]).toEqual([2, ''])
    expect(JSON.parse(out)).toEqual({ error: { message: expect.any(String), hint: expect.any(String) } })
  })
  test.each(cases)('%s', async (_what, args, says) => {
    const { code, err } = await dmalab(...args)
    expect(err).toMatch(says)
    expect(err).not.toMatch(/^\s+at /m)
    expect(code).toBe(2)
  })

  test('a list where a name belongs: one message, and no warning of the parser', async () => {
    const path = file('odd.yaml', '? [1, 2]\n: 3\n')
    for (const args of [
      ['run', path],
      ['run', 'founding', '--board', path],
    ])
      expect(await dmalab(...args)).toMatchObject({
        code: 2,
        err: expect.not.stringContaining('Warning') as string,
      })
  })

  test.each([
    ['an operation that cannot fail', ['--inject', 'nope:1'], /nope/],
    ['a device that is not there', ['--inject', 'mapSg@nowhere:1'], /nowhere/],
    ['a restart after the end', ['--restart', '30'], /pictures are 0 to 29/],
    ['memory for a board that states it', ['--memory', '1GiB'], /states its memory/],
  ])('what would have no effect: %s', async (_what, args, says) => {
    expect(await dmalab('run', 'founding', ...args)).toMatchObject({
      code: 2,
      err: expect.stringMatching(says) as string,
    })
  })

  test('a malformed board: line and column', async () => {
    const board = file('bad.yaml', 'name: x\ntitle: y\narch: [arm\n')
    expect(await dmalab('run', 'founding', '--board', board)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/bad\.yaml:\d+:\d+/) as string,
    })
  })
})

describe('a spec with a mistake is one line and exit code 2', () => {
  const good = JSON.parse(JSON.stringify(specOf(openRegistry(), { frames: 1 }))) as RunSpec
  const arm = 'arm@4.11'
  const plugin = (name: string, parts: string): RunSpec['plugins'] => [
    {
      path: file(name, `export const dmalab = { api: 2 }\nexport default (api) => ({ name: 'bad', ${parts} })`),
      hash: null,
    },
  ]
  const facts = (stated: string): string =>
    `patches: [{ name: 'bad', title: 't', source: 's', hunks: [], facts: { ${stated} } }]`

  const kernel = (more: string): string =>
    `kernels: [{ name: 'x@1', arch: 'arm64', title: 't', source: 's', config: {}, cmdline: {}, idle: () => ({}), ops: [],
      facts: () => ({ ...api.RELEASES['6.12'], sgEntrySize: 32, sgDmaLength: true, dmaAddrSize: 8, physAddrSize: 8 }),
      opsFor: () => 'dma-direct', ${more} }]`

  test('the good one runs', async () => {
    expect((await dmalab('run', '--spec', file('good.json', JSON.stringify(good)))).code).toBe(3)
  })

  test.each([
    ['an unknown key', { nope: 1 }, 'nope: unknown key; expected version, board,'],
    ['an unknown option', { options: { ...good.options, nope: 1 } }, 'options.nope: unknown key; expected frames,'],
    ['an unknown board', { board: 'nowhere' }, "there is no board 'nowhere'; known: "],
    ['a bad board', { board: { text: 'name: x', file: 'mine.yaml' } }, 'mine.yaml:1:1: title: missing: expected'],
    ['an unknown kernel', { kernels: ['vax@1'] }, "'vax@1'"],
    ['a later version', { version: 9 }, 'version: this dmalab reads version 1 of run specs'],
    [
      'a plug-in that is not there',
      { plugins: [{ path: 'gone.mjs', hash: null }] },
      'gone.mjs: there is no such plug-in',
    ],
    [
      'a plug-in fact that is unknown',
      { kernels: [arm], plugins: plugin('fact.mjs', facts('nope: 1')) },
      "states an unknown fact 'nope'",
    ],
    [
      'a plug-in kernel on an unknown architecture',
      { kernels: [arm], plugins: plugin('arch.mjs', kernel("arch: 'vax'")) },
      "names an unknown architecture 'vax'",
    ],
    [
      'a plug-in kernel with an unknown op table',
      { kernels: [arm], plugins: plugin('table.mjs', kernel("opsFor: () => 'nope'")) },
      "chooses an unknown op table 'nope'",
    ],
    [
      'a plug-in patch that skips entries in an old way',
      {
        kernels: [arm],
        plugins: plugin(
          'skip.mjs',
          "patches: [{ name: 'p', title: 't', source: 's', hunks: [], sg: { skip: { map: 1 } } }]",
        ),
      },
      "loop in sg.skip 'map' is 1; expected { bits, sets }",
    ],
    ['a plug-in part that is unknown', { kernels: [arm], plugins: plugin('part.mjs', 'nope: []') }, "'nope'"],
  ])('%s', async (what, change, expected) => {
    const spec = file(`${what.replaceAll(' ', '-')}.json`, JSON.stringify({ ...good, ...change }))
    const { code, out, err } = await dmalab('run', '--spec', spec)
    const [line = ''] = err.split('\n').filter((one) => one.startsWith('error: '))
    expect([code, out]).toEqual([2, ''])
    expect(line).toContain(expected)
    expect(err).not.toMatch(/^ +at /m)
  })
})
