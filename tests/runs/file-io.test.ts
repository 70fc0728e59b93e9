// read(2) and write(2) over every allocator: the bytes that a device wrote reach the task, and the task's bytes reach the device.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event, KernelRun } from '@dmalab/api'
import { afterAll, describe, expect, it } from 'vitest'
import { runScenario } from 'dmalab'
import { scenarioRequest } from './scenario-request.ts'

const BOARD = join(import.meta.dirname, '../../scenarios/boards/virt-arm64-cameras.yaml')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = async (steps: readonly string[], events: Event[] = [], cmdline = ''): Promise<KernelRun> => {
  const file = join(folder, 'file-io.yaml')
  const lines = ['name: file-io', `board: ${BOARD}`, 'steps:', ...steps.map((step) => `  - { do: ${step} }`)]
  writeFileSync(file, lines.join('\n'))
  const onEvent = (event: Event): unknown => events.push(event)
  const { runs } = await runScenario(scenarioRequest(file, { kernels: ['arm64@6.12'], seed: 3, cmdline, onEvent }))
  const [only] = runs
  if (only === undefined) throw new Error('there is one kernel')
  return only
}
const ALLOC = 'alloc, buffer: mine, size: 300KiB, from: user'

describe.each(['camera', 'camera-sg', 'camera-vmalloc'])('%s', (device) => {
  const read = (len: number): string => `read, device: ${device}, buffer: mine, len: ${len}`
  const write = (len: number): string => `write, device: ${device}, buffer: mine, len: ${len}`

  it.each(['', 'swiotlb=force'])('pictures are read whole and in odd pieces, %s', async (cmdline) => {
    const { steps, verdict } = await run(
      [ALLOC, read(1), read(4095), read(300_000), read(307_200), read(307_200), read(307_200), read(307_200)],
      [],
      cmdline,
    )
    expect(verdict).toBe('works')
    expect(steps.slice(1).map(({ detail }) => detail)).toEqual([
      '1 bytes',
      '4095 bytes',
      '300000 bytes',
      '3104 bytes',
      ...[1, 2, 3].map(() => '307200 bytes'),
    ])
  })

  it('pictures are written, and the device finds what the task wrote', async () => {
    const { steps, verdict } = await run([
      ALLOC,
      'cpu-write, buffer: mine',
      write(307_200),
      'cpu-write, buffer: mine',
      write(307_200),
    ])
    expect([verdict, ...steps.map(({ detail }) => detail)]).toEqual([
      'works',
      '307200 bytes from user',
      ...[1, 2, 3, 4].map(() => '307200 bytes'),
    ])
  })

  it('a picture that is written in parts is what the parts were', async () => {
    const { steps, verdict } = await run([
      ALLOC,
      'cpu-write, buffer: mine',
      write(150_000),
      'cpu-write, buffer: mine',
      write(4096),
      write(153_104),
    ])
    expect([verdict, ...steps.slice(2).map(({ detail }) => detail)]).toEqual([
      'works',
      '150000 bytes',
      '307200 bytes',
      '4096 bytes',
      '153104 bytes',
    ])
  })

  it('close(2) leaves nothing behind', async () => {
    const events: Event[] = []
    const { findings } = await run([ALLOC, read(100)], events)
    expect(findings.map(({ code }) => code).filter((code) => code.startsWith('leak'))).toEqual([])
    expect(events.some(({ event }) => event === 'v4l2_qbuf')).toBe(false)
    expect(events.some(({ event }) => event === 'vb2_qbuf')).toBe(true)
  })
})

describe('io-mode=rw in a pipeline', () => {
  const pipeline = async (line: string, bind: readonly string[] = []): Promise<KernelRun | undefined> => {
    const { runs } = await runScenario({
      scenario: line,
      board: BOARD,
      kernels: ['arm64@6.12'],
      frames: 5,
      assume: ['driver'],
      size: '64x48',
      buffers: 3,
      seed: 1,
      bind,
      inject: [],
      plugins: {},
      config: [],
      cmdline: undefined,
      restart: 3,
    })
    return runs[0]
  }

  it.each(['camera', 'camera-sg', 'camera-vmalloc'])(
    'every byte from %s goes through the CPU, to whoever wants it',
    async (camera) => {
      const line = 'v4l2src io-mode=rw ! tee name=t ! queue ! kmssink t. ! queue ! fakesink'
      const one = await pipeline(line, [`v4l2src=${camera}`])
      expect(one).toMatchObject({
        verdict: 'works',
        frames: { delivered: 5, intact: 5 },
        zeroCopy: false,
        findings: [],
      })
      const picture = (64 * 48 * 3) / 2
      expect(one?.elements.map(({ mode, cpuBytesPerFrame }) => [mode, cpuBytesPerFrame])).toEqual([
        ['read', picture],
        ['copy', picture],
        ['copy', 0],
      ])
    },
  )

  it('a codec has no read(2), and the pipeline is refused', async () => {
    const one = await pipeline('filesrc location=x ! h264parse ! v4l2h264dec capture-io-mode=rw ! kmssink')
    expect(one).toMatchObject({ verdict: 'refused', errno: 'EINVAL', why: 'codec CAPTURE has no read', oops: null })
  })
})

it('only memory of a task can be read into', async () => {
  const pages = ['alloc, buffer: p, size: 4KiB, from: pages', 'read, device: camera, buffer: p']
  await expect(run(pages)).rejects.toThrow("'p' is from pages: read and write need memory of a task")
})
