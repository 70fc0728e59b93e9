// The founding use case: four kernels, one pipeline, and what each makes of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KernelRun, Machine, PageArray } from '@dmalab/api'
import { Hot } from '@dmalab/hot'
import { shippedBoard } from '@dmalab/machine'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { FOUNDING_KERNELS, FOUNDING_LINE } from '@dmalab/lab'
import { openLaboratory, run } from '@dmalab/lab/node'

const laboratory = await openLaboratory()
const RFC = 'arm@4.11+nopage-rfc'
const runs = async (
  board: Machine,
  kernels: readonly string[] = FOUNDING_KERNELS,
  options: { readonly frames?: number; readonly size?: string } = {},
): Promise<readonly KernelRun[]> => (await run({ board, kernels, ...options }, { laboratory })).runs
const only = async (board: Machine, kernel: string, options: Parameters<typeof runs>[2] = {}): Promise<KernelRun> => {
  const [first] = await runs(board, [kernel], options)
  if (first === undefined) throw new Error('a report has runs')
  return first
}
const board = shippedBoard('odroid-xu4-2017')
const nopool = shippedBoard('odroid-xu4-nopool')

const [before, checked, rfc, both] = await runs(board)

describe('on the board of the report', () => {
  test('before any patch the importer faults in dma_cache_maint_page, reached from its map', () => {
    expect(before).toMatchObject({ verdict: 'fault', step: 'converter: QBUF dma-buf', frames: { delivered: 0 } })
    expect(before?.oops).toMatchObject({ function: 'dma_cache_maint_page', reason: 'paging request' })
    const path = before?.oops?.callPath ?? []
    const order = [
      'dma_cache_maint_page',
      '__dma_page_cpu_to_dev',
      'arm_dma_map_page',
      'arm_dma_map_sg',
      'vb2_dc_dmabuf_ops_map',
      'dma_buf_map_attachment',
    ]
    expect(path.filter((symbol) => order.includes(symbol))).toEqual(order)
    expect(before?.oops?.text[0]).toBe('Unable to handle kernel paging request at virtual address ee220000')
    expect(before?.findings.map((f) => f.code)).toContain('kernel-oops')
  })

  test('the upstream check refuses the export: -ENXIO inside, EINVAL for user space, nothing left over', () => {
    expect(checked).toMatchObject({ verdict: 'refused', step: 'codec: EXPBUF', errno: 'EINVAL' })
    expect(checked?.why).toContain('ENXIO')
    expect(checked?.findings).toEqual([])
  })

  test('with the RFC, with or without the check, every frame arrives intact and lines are saved', () => {
    for (const one of [rfc, both]) {
      expect(one).toMatchObject({
        verdict: 'works',
        frames: { wanted: 30, delivered: 30, intact: 30 },
        findings: [],
        zeroCopy: true,
      })
      // 4 buffers of 1080p NV12 with 1088 lines, each mapped once. (To the device, an unmap would do no line anyway.)
      expect(one?.cache).toMatchObject({ skippedEntries: 16, skippedLines: (4 * 1920 * 1088 * 3) / 2 / 64 })
    }
  })

  test('the same input and seed give the same bytes', async () => {
    const [one, other] = [await only(board, RFC, { frames: 3 }), await only(board, RFC, { frames: 3 })]
    expect(JSON.stringify(one)).toBe(JSON.stringify(other))
  })

  test('the bytes of the file travel through the decoder when it is there, and the report says which', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
    const file = join(folder, 'clip.mp4')
    writeFileSync(
      file,
      Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251),
    )
    const line = FOUNDING_LINE.replace('~/GH3_MOV_HD.mp4', file)
    const read: number[] = []
    const report = await run(
      { board, kernels: [RFC], work: line, frames: 4 },
      {
        laboratory,
        onEvent: (event) => {
          if (event.event === 'device_access' && event.device.startsWith('codec') && !event.write)
            read.push(event.wrong ?? -1)
        },
      },
    )
    rmSync(folder, { recursive: true })
    expect(report.source).toBe(`bitstream from ${file}`)
    expect(report.runs).toMatchObject([{ verdict: 'works' }])
    // One read for each picture, every byte as the file has it.
    expect(read).toEqual([0, 0, 0, 0])
  })

  test('a frame too large for the pool is ENOMEM at REQBUFS, not bad input', async () => {
    const { verdict, step, errno } = await only(board, RFC, { size: '5120x2880' })
    expect({ verdict, step, errno }).toEqual({ verdict: 'refused', step: 'codec: REQBUFS capture', errno: 'ENOMEM' })
  })
})

describe('where the page array lies, and what lies in its holes, decides how the first kernel fails', () => {
  const withArray = async (change: Partial<PageArray>): Promise<KernelRun> => {
    const { pageArray } = board.layout
    if (pageArray === undefined) throw new Error('the board states its page array')
    const machine = { ...board, layout: { ...board.layout, pageArray: { ...pageArray, ...change } } }
    return only(machine, 'arm@4.11', { frames: 1 })
  }

  test('moved, the fault moves with it', async () => {
    expect((await withArray({ base: 0xed00_0000n })).oops).toMatchObject({
      address: '0xed220000',
      function: 'dma_cache_maint_page',
    })
  })

  test('over memory full of zeros, the page looks like lowmem, and cleaning its lines faults instead', async () => {
    const { oops, findings } = await withArray({ holes: { word: 0 } })
    expect(oops).toMatchObject({ address: '0xd1000000', function: 'v7_dma_clean_range' })
    expect(findings.map((f) => f.code)).toContain('type-confusion')
  })

  test('over memory full of other bytes, the page looks like highmem, and the fault does not come', async () => {
    const { oops, findings } = await withArray({ holes: { word: 0x4000_0000 } })
    expect(oops).toBeNull()
    expect(findings.map((f) => f.code)).toContain('type-confusion')
  })
})

describe('on a board without pools', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test('all four kernels deliver every frame', async () => {
    for (const one of await runs(nopool, FOUNDING_KERNELS, { frames: 3 }))
      expect(one).toMatchObject({ verdict: 'works', frames: { delivered: 3, intact: 3 }, findings: [] })
  })

  test('with the clean loop broken, frames arrive corrupt', async () => {
    const nothing = { lines: 0, writtenBack: 0 }
    vi.spyOn(Hot.prototype, 'maintain').mockImplementation(() => {})
    vi.spyOn(Hot.prototype, 'clean').mockReturnValue(nothing)
    vi.spyOn(Hot.prototype, 'flush').mockReturnValue(nothing)
    vi.spyOn(Hot.prototype, 'maintain').mockReturnValue(undefined)
    const broken = await only(nopool, 'arm@4.11', { frames: 3 })
    expect(broken).toMatchObject({ verdict: 'corrupt', frames: { delivered: 3, intact: 0 } })
    expect(broken.findings.map((f) => f.code)).toContain('wrong-bytes')
  })
})

test('the caller is told of each kernel before its run', async () => {
  const told: string[] = []
  const onKernel = (kernel: string, number: number, of: number): void => void told.push(`${kernel} ${number}/${of}`)
  await run({ board, kernels: [RFC, 'arm@6.12'], frames: 1, size: '64x64' }, { laboratory, onKernel })
  expect(told).toEqual([`${RFC} 1/2`, 'arm@6.12 2/2'])
})
