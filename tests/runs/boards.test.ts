// The pipeline of the original report on other boards: shipped ones, and device trees as they come.
import { existsSync, readFileSync } from 'node:fs'
import type { AssumeWord, KernelRun, Machine } from '@dmalab/api'
import { machineFromDtb, shippedBoard } from '@dmalab/machine'
import { lineForBoard } from '@dmalab/scenario'
import { describe, expect, it } from 'vitest'
import { FOUNDING_LINE, foundingLine } from '@dmalab/lab'
import { openLaboratory, run as runWork } from '@dmalab/lab/node'

const laboratory = await openLaboratory()

const run = (machine: Machine, kernel: string): Promise<KernelRun | undefined> =>
  runLine(machine, foundingLine(machine), kernel, {})

/** Virtual devices that `bind` names are added to the board, as for any run. */
const runLine = async (
  board: Machine,
  work: string,
  kernel: string,
  bind: Readonly<Record<string, string>>,
  size = '640x480',
  assume: readonly AssumeWord[] = ['all'],
): Promise<KernelRun | undefined> => {
  const { runs } = await runWork({ board, kernels: [kernel], work, bind, size, assume, frames: 2 }, { laboratory })
  return runs[0]
}
const WORKS = { verdict: 'works', frames: { wanted: 2, delivered: 2, intact: 2 } }

describe('shipped boards', () => {
  it.each(['rk3399-rockpro64', 'imx8mp-evk', 'bcm2711-rpi-4-b'])(
    '%s shows every frame under arm64@6.12',
    async (name) => {
      expect(await run(shippedBoard(name), 'arm64@6.12')).toMatchObject(WORKS)
    },
  )

  it('odroid-u3 faults later than the founding board: its page array ends before the pools, and what follows reads as a page', async () => {
    const before = await run(shippedBoard('odroid-u3'), 'arm@4.11')
    expect(before).toMatchObject({ verdict: 'fault', oops: { function: 'v7_dma_clean_range' } })
    expect(before?.findings.map((finding) => finding.code)).toContain('type-confusion')
    expect(await run(shippedBoard('odroid-u3'), 'arm@4.11+nopage-rfc')).toMatchObject(WORKS)
  })
})

describe('devices without hardware', () => {
  const fromTo = 'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import'
  const virtual = (board: Machine, line: string, bind: Readonly<Record<string, string>>) =>
    runLine(board, line, 'arm64@6.12', bind)

  it('share buffers on a board that has no media device', async () => {
    const bind = { v4l2src: 'vivid', v4l2sink: 'vivid' }
    expect(await virtual(shippedBoard('k3-am625-sk'), fromTo, bind)).toMatchObject(WORKS)
  })

  it('reach 32 bits: on a board whose memory lies above, only the one that the CPU works gets any', async () => {
    const server = shippedBoard('apm-mustang')
    expect(await virtual(server, fromTo, { v4l2src: 'vivid', v4l2sink: 'vivid' })).toMatchObject({ verdict: 'refused' })
    expect(await virtual(server, fromTo, { v4l2src: 'vivid-vmalloc', v4l2sink: 'vivid-vmalloc' })).toMatchObject(WORKS)
  })

  it('feed a display', async () => {
    const board = shippedBoard('k3-am625-sk')
    expect(await virtual(board, 'v4l2src io-mode=dmabuf ! kmssink', { v4l2src: 'vivid' })).toMatchObject(WORKS)
  })

  it.each([
    [{ v4l2src: 'display' }, 'that of display does not: tidss shows frame buffers'],
    [{ v4l2src: 'vivid', kmssink: 'vivid' }, 'that of vivid does not'],
  ])('and a device that cannot do the work is bad input: %o', async (bind, why) => {
    await expect(virtual(shippedBoard('k3-am625-sk'), 'v4l2src ! kmssink', bind)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(why) as string,
    })
  })
})

describe('an outer cache', () => {
  // Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_clear_buffer flushes it too; zeros that stay in it are not what a device reads.
  it('is flushed when buffers behind an IOMMU are zeroed', async () => {
    const board = shippedBoard('odroid-u3')
    const machine = { ...board, iommus: board.iommus.map((iommu) => ({ ...iommu, enabled: true })) }
    expect(machine.cpu.outer?.model).toBe('pl310')
    expect(await runLine(machine, FOUNDING_LINE, 'arm@6.12', {}, '640x472')).toMatchObject(WORKS)
  })
})

const CORPUS = new URL('../../../shared/boards/', import.meta.url)
const blob = (name: string): Machine => machineFromDtb(readFileSync(new URL(name, CORPUS)), { file: name })

describe.skipIf(!existsSync(CORPUS))('device trees of ../shared/boards', () => {
  it('the board with pools faults with its IOMMUs off, and works with the RFC', async () => {
    const tree = blob('exynos5422-odroidxu4-mfc-pools.dtb')
    const machine = { ...tree, iommus: tree.iommus.map((iommu) => ({ ...iommu, enabled: false })) }
    expect(await run(machine, 'arm@4.11')).toMatchObject({
      verdict: 'fault',
      oops: { function: 'dma_cache_maint_page' },
    })
    expect(await run(machine, 'arm@4.11+nopage-rfc')).toMatchObject(WORKS)
  })

  it('the board with pools works as its tree has it: with the IOMMUs on no device uses the pools', async () => {
    expect(await run(blob('exynos5422-odroidxu4-mfc-pools.dtb'), 'arm@4.11')).toMatchObject(WORKS)
  })

  it('behind its IOMMUs and its PL310, the U3 works on both kernels', async () => {
    expect(await run(blob('exynos4412-odroidu3.dtb'), 'arm@4.11')).toMatchObject(WORKS)
    expect(await run(blob('exynos4412-odroidu3.dtb'), 'arm@6.12')).toMatchObject(WORKS)
  })

  it('an RGA takes buffers in pieces: it gathers', async () => {
    const machine = machineFromDtb(readFileSync(new URL('rk3399-rockpro64.dtb', CORPUS)), {
      file: 'rk3399-rockpro64.dtb',
      memorySize: 2 ** 31,
    })
    expect(await run(machine, 'arm64@6.12')).toMatchObject(WORKS)
  })

  const KERNELS: Readonly<Record<string, string>> = { armhf: 'arm@4.11', arm64: 'arm64@6.12' }
  const boards = existsSync(CORPUS)
    ? (JSON.parse(readFileSync(new URL('index.json', CORPUS), 'utf8')) as { dtb: string; arch: string }[])
    : []
  const runnable = boards.flatMap(({ dtb, arch }) =>
    KERNELS[arch] === undefined ? [] : [[dtb, KERNELS[arch]] as const],
  )
  it.each(runnable)('%s runs the line that is offered for it', async (name, kernel) => {
    const real = machineFromDtb(readFileSync(new URL(name, CORPUS)), { file: name, memorySize: 2 ** 31 })
    const { line, bind } = lineForBoard(real)
    expect(await runLine(real, line, kernel, bind)).toMatchObject(WORKS)
  })

  it('the stock board of 6.12, which has none, works as it is', async () => {
    expect(await run(blob('exynos5422-odroidxu4.dtb'), 'arm@4.11')).toMatchObject(WORKS)
  })
})
