// The pipeline of the original report on other boards: shipped ones, and device trees as they come.
import { existsSync, readFileSync } from 'node:fs'
import type { KernelRun, Machine } from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { machineFromDtb, shippedBoard } from '@dmalab/machine'
import { DEFAULT_OPTIONS, parseKernel, runPipeline } from '@dmalab/runner'
import { describe, expect, it } from 'vitest'
import { FOUNDING_LINE, openRegistry, planFor } from '../../src/index.ts'

const registry = await openRegistry()
const module = compileHotSync()

function run(machine: Machine, kernel: string): KernelRun | undefined {
  const { plan, bindings } = planFor(FOUNDING_LINE, machine, {})
  const options = { ...DEFAULT_OPTIONS, frames: 2, width: 640, height: 480 }
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

const CORPUS = new URL('../../../../../shared/boards/', import.meta.url)
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

  it('the stock board of 6.12, which has none, works as it is', () => {
    expect(run(blob('exynos5422-odroidxu4.dtb'), 'arm@4.11')).toMatchObject(WORKS)
  })
})
