// The pipeline of the original report on other boards: shipped ones, and device trees as they come.
import { existsSync, readFileSync } from 'node:fs'
import type { KernelRun, Machine } from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { machineFromDtb, shippedBoard, withVirtualDevices } from '@dmalab/machine'
import { DEFAULT_OPTIONS, parseKernel, runPipeline } from '@dmalab/runner'
import { lineForBoard } from '@dmalab/scenario'
import { describe, expect, it } from 'vitest'
import { FOUNDING_LINE } from '@dmalab/lab'
import { openRegistry, planFor } from '@dmalab/lab/node'

const registry = await openRegistry()
const module = compileHotSync()

const run = (machine: Machine, kernel: string): KernelRun | undefined => runLine(machine, FOUNDING_LINE, kernel, {})

function runLine(
  machine: Machine,
  line: string,
  kernel: string,
  bind: Readonly<Record<string, string>>,
  size = { width: 640, height: 480 },
): KernelRun | undefined {
  const { plan, bindings } = planFor(line, machine, bind, { size })
  const options = { ...DEFAULT_OPTIONS, frames: 2, ...size }
  return runPipeline({ module, registry }, [parseKernel(kernel, registry)], { machine, plan, bindings, options })
    .runs[0]
}
const WORKS = { verdict: 'works', frames: { wanted: 2, delivered: 2, intact: 2 } }

describe('shipped boards', () => {
  it.each(['rk3399-rockpro64', 'imx8mp-evk', 'bcm2711-rpi-4-b'])('%s shows every frame under arm64@6.12', (name) => {
    expect(run(shippedBoard(name), 'arm64@6.12')).toMatchObject(WORKS)
  })

  it('odroid-u3 faults later than the founding board: its page array ends before the pools, and what follows reads as a page', () => {
    const before = run(shippedBoard('odroid-u3'), 'arm@4.11')
    expect(before).toMatchObject({ verdict: 'fault', oops: { function: 'v7_dma_clean_range' } })
    expect(before?.findings.map((finding) => finding.code)).toContain('type-confusion')
    expect(run(shippedBoard('odroid-u3'), 'arm@4.11+nopage-rfc')).toMatchObject(WORKS)
  })
})

describe('devices without hardware', () => {
  const fromTo = 'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import'
  const virtual = (board: Machine, line: string, bind: Readonly<Record<string, string>>) =>
    runLine(withVirtualDevices(board, Object.values(bind)), line, 'arm64@6.12', bind)

  it('share buffers on a board that has no media device', () => {
    const bind = { v4l2src: 'vivid', v4l2sink: 'vivid' }
    expect(virtual(shippedBoard('k3-am625-sk'), fromTo, bind)).toMatchObject(WORKS)
  })

  it('reach 32 bits: on a board whose memory lies above, only the one that the CPU works gets any', () => {
    const server = shippedBoard('apm-mustang')
    expect(virtual(server, fromTo, { v4l2src: 'vivid', v4l2sink: 'vivid' })).toMatchObject({ verdict: 'refused' })
    expect(virtual(server, fromTo, { v4l2src: 'vivid-vmalloc', v4l2sink: 'vivid-vmalloc' })).toMatchObject(WORKS)
  })

  it('feed a display', () => {
    const board = shippedBoard('k3-am625-sk')
    expect(virtual(board, 'v4l2src io-mode=dmabuf ! kmssink', { v4l2src: 'vivid' })).toMatchObject(WORKS)
  })

  it.each([
    [{ v4l2src: 'display' }, 'has no capture queue'],
    [{ v4l2src: 'vivid', kmssink: 'vivid' }, 'shows nothing'],
  ])('and a device that cannot do the work is bad input: %o', (bind, why) => {
    expect(() => virtual(shippedBoard('k3-am625-sk'), 'v4l2src ! kmssink', bind)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(why) }),
    )
  })
})

describe('an outer cache', () => {
  // Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_clear_buffer flushes it too; zeros that stay in it are not what a device reads.
  it('is flushed when buffers behind an IOMMU are zeroed', () => {
    const board = shippedBoard('odroid-u3')
    const machine = { ...board, iommus: board.iommus.map((iommu) => ({ ...iommu, enabled: true })) }
    expect(machine.cpu.outer?.model).toBe('pl310')
    expect(runLine(machine, FOUNDING_LINE, 'arm@6.12', {}, { width: 640, height: 472 })).toMatchObject(WORKS)
  })
})

const CORPUS = new URL('../../../shared/boards/', import.meta.url)
const blob = (name: string): Machine => machineFromDtb(readFileSync(new URL(name, CORPUS)), { file: name })

describe.skipIf(!existsSync(CORPUS))('device trees of ../shared/boards', () => {
  it('the board with pools faults with its IOMMUs off, and works with the RFC', () => {
    const tree = blob('exynos5422-odroidxu4-mfc-pools.dtb')
    const machine = { ...tree, iommus: tree.iommus.map((iommu) => ({ ...iommu, enabled: false })) }
    expect(run(machine, 'arm@4.11')).toMatchObject({ verdict: 'fault', oops: { function: 'dma_cache_maint_page' } })
    expect(run(machine, 'arm@4.11+nopage-rfc')).toMatchObject(WORKS)
  })

  it('the board with pools works as its tree has it: with the IOMMUs on nobody uses the pools', () => {
    expect(run(blob('exynos5422-odroidxu4-mfc-pools.dtb'), 'arm@4.11')).toMatchObject(WORKS)
  })

  it('behind its IOMMUs and its PL310, the U3 works on both kernels', () => {
    expect(run(blob('exynos4412-odroidu3.dtb'), 'arm@4.11')).toMatchObject(WORKS)
    expect(run(blob('exynos4412-odroidu3.dtb'), 'arm@6.12')).toMatchObject(WORKS)
  })

  it('an RGA takes buffers in pieces: it gathers', () => {
    const machine = machineFromDtb(readFileSync(new URL('rk3399-rockpro64.dtb', CORPUS)), {
      file: 'rk3399-rockpro64.dtb',
      memorySize: 2 ** 31,
    })
    expect(run(machine, 'arm64@6.12')).toMatchObject(WORKS)
  })

  const KERNELS: Readonly<Record<string, string>> = { armhf: 'arm@4.11', arm64: 'arm64@6.12' }
  const boards = existsSync(CORPUS)
    ? (JSON.parse(readFileSync(new URL('index.json', CORPUS), 'utf8')) as { dtb: string; arch: string }[])
    : []
  const runnable = boards.flatMap(({ dtb, arch }) =>
    KERNELS[arch] === undefined ? [] : [[dtb, KERNELS[arch]] as const],
  )
  it.each(runnable)('%s runs the line that is offered for it', (name, kernel) => {
    const real = machineFromDtb(readFileSync(new URL(name, CORPUS)), { file: name, memorySize: 2 ** 31 })
    const { line, bind } = lineForBoard(real)
    expect(runLine(withVirtualDevices(real, Object.values(bind)), line, kernel, bind)).toMatchObject(WORKS)
  })

  it('the stock board of 6.12, which has none, works as it is', () => {
    expect(run(blob('exynos5422-odroidxu4.dtb'), 'arm@4.11')).toMatchObject(WORKS)
  })
})
