// What a library user imports, used as its README says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PLUGIN_API } from '@dmalab/api'
import { createFtraceWriter } from '@dmalab/trace'
import { afterAll, describe, expect, test } from 'vitest'
import {
  check,
  compare,
  FOUNDING_KERNELS,
  kernels,
  openLaboratory,
  readBoard,
  run,
  runSpec,
  specOf,
} from '../src/index.ts'
import { openLaboratory as openWithFiles, pluginSpec } from '../src/node.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))

const laboratory = await openLaboratory()
const SMALL = { frames: 1, size: '640x480' } as const

test('a comparison without a request is the founding case', async () => {
  const report = await compare(SMALL, { laboratory })
  expect(report.runs.map(({ kernel, verdict }) => [kernel, verdict])).toEqual([
    [FOUNDING_KERNELS[0], 'fault'],
    [FOUNDING_KERNELS[1], 'refused'],
    [FOUNDING_KERNELS[2], 'works'],
    [FOUNDING_KERNELS[3], 'works'],
  ])
})

test('a board may be a machine, kernel addresses and all', async () => {
  const named = await run({ ...SMALL, kernels: ['arm@4.11+nopage-rfc'] }, { laboratory })
  const board = readBoard('odroid-xu4-2017')
  expect(board.layout.pageOffset).toBeTypeOf('bigint')
  expect(await run({ ...SMALL, board, kernels: ['arm@4.11+nopage-rfc'] }, { laboratory })).toEqual(named)
})

test('a scenario says board and kernel itself', () => {
  const scenario = { name: 'x', board: 'rk3399-rockpro64', kernel: 'arm64@6.12', steps: [{ do: 'wait', ms: 1 }] }
  const spec = specOf(laboratory.registry, { work: { scenario, file: 'x' } })
  expect(spec).toMatchObject({ board: 'rk3399-rockpro64', kernels: ['arm64@6.12'] })
})

test('a log of a run is replayed as the work of a spec', async () => {
  const writer = createFtraceWriter()
  const kernel = 'arm@4.11+nopage-rfc'
  await run({ ...SMALL, kernels: [kernel] }, { laboratory, onEvent: (event) => writer.onEvent(event) })
  const log = writer.finish()
  expect((await check(log)).findings).toEqual([])
  const report = await run(
    { kernels: [kernel, 'arm@6.12'], work: { log, file: 'run.trace', devices: {} } },
    { laboratory },
  )
  expect(report).toMatchObject({ scenario: 'replay of run.trace', board: 'odroid-xu4-2017' })
  expect(report.runs.map((one) => one.kernel)).toEqual([kernel, 'arm@6.12'])
  expect(report.runs[0]?.replay?.devices.map(({ device }) => device)).toContain('converter')
})

test('kernels and their patches are listed', () => {
  expect(kernels().kernels.map(({ name }) => name)).toContain('arm64@6.12')
  expect(kernels().patches.map(({ name }) => name)).toContain('nopage-rfc')
})

describe('a signal', () => {
  test('that was given before starts nothing', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(compare(SMALL, { laboratory, signal })).rejects.toThrow('enough')
  })

  test('ends a run between two pictures', async () => {
    const stop = new AbortController()
    let frames = 0
    const onEvent = (): void => {
      if (++frames === 100) setTimeout(() => stop.abort(new Error('enough')), 0)
    }
    const long = { ...SMALL, frames: 1_000_000, kernels: ['arm@4.11+nopage-rfc'] }
    await expect(run(long, { laboratory, signal: stop.signal, onEvent })).rejects.toThrow('enough')
  })
})

describe('a plug-in of a spec', () => {
  const path = join(folder, 'guard.mjs')
  const text = `export const dmalab = { api: ${PLUGIN_API} }
export default () => ({ name: 'guard', patches: [{ name: 'guard', title: 't', source: 's', hunks: [] }] })`
  const request = { ...SMALL, kernels: ['arm@4.11+nopage-rfc+guard'] }

  test('is loaded for its run only', async () => {
    writeFileSync(path, text)
    const withFiles = await openWithFiles()
    const report = await run({ ...request, plugins: [pluginSpec(path)] }, { laboratory: withFiles })
    expect(report.runs[0]?.verdict).toBe('works')
    expect(withFiles.registry.patches.has('guard')).toBe(false)
  })

  test('that has changed is refused, and so is any where there are no files', async () => {
    writeFileSync(path, text)
    const spec = specOf(laboratory.registry, { ...request, plugins: [pluginSpec(path)] })
    await expect(runSpec(laboratory, spec)).rejects.toThrow(/there are no files here/)
    writeFileSync(path, `${text}\n`)
    await expect(runSpec(await openWithFiles(), spec)).rejects.toThrow(/has changed since the spec was written/)
  })
})
