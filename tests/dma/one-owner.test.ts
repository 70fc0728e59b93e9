// What had two owners and came apart: cache work of a list, reported alike in every detail level, and arch_sync_dma_for_cpu of 32-bit ARM.
import { DIR, type Event, type Lab, type Machine, type Patch, pfnOf } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { composeKernel, openLab } from '@dmalab/runner'
import { describe, expect, test } from 'vitest'

const parts = await openLaboratory()
const machine = (arch: string, devices: Machine['devices']): Machine => ({
  name: 'board',
  title: 'a board',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0x8000_0000, len: 2 ** 28 }],
  reserved: [],
  layout: {},
  iommus: [{ name: 'mmu', model: 'arm-smmu-v3', enabled: true }],
  devices,
  bindings: {},
})
const codec = { name: 'codec', class: 'codec', coherent: false, maskBits: 32, pools: [] } as const
const TAG = 2 ** 20
const patch: Patch = {
  name: 'tag',
  title: 'skip tagged entries',
  source: 'test',
  hunks: [],
  attrs: { TAG },
  sg: { skip: { map: { bits: TAG, sets: [] } } },
}
const buffer = (lab: Lab) => {
  const got = lab.userAlloc(8192, 'frame')
  if (!got.ok) throw new Error(got.why)
  lab.userWrite(got.value, { seed: 1 }, 8192, 'frame')
  return got.value
}

describe.each([
  ['arm64@6.12', 'arm64'],
  ['arm@4.11', 'arm'],
])('%s', (kernel, arch) => {
  const summaries = (detail: 'op' | 'page') => {
    const options = {
      kernel: composeKernel(parts.registry.kernels.get(kernel), patch),
      machine: machine(arch, [codec]),
    }
    const lab = openLab(parts, options)
    const told: Event[] = []
    lab.listen(detail, (event) => event.event === 'cache_summary' && told.push({ ...event, at: 0 }))
    const list = lab.sgTable(
      [TAG, 0, TAG].map((attrs) => ({
        page: { kind: 'page', pfn: pfnOf(buffer(lab).phys) },
        offset: 0,
        length: 8192,
        attrs,
      })),
    )
    lab.dma.mapSgAttrs(lab.device('codec'), list, DIR.TO_DEVICE, 0)
    return told
  }

  test('a list with skipped entries counts the same in op detail and in page detail', () => {
    expect(summaries('page')).toEqual(summaries('op'))
    expect(summaries('op')).toMatchObject([{ lines: 128, skippedEntries: 2, skippedLines: 256 }])
  })
})

test('arch_sync_dma_for_cpu of arm@6.12 marks pages clean, behind an IOMMU too', () => {
  const devices = [codec, { ...codec, name: 'translated', iommu: 'mmu' }]
  const kernel = composeKernel(parts.registry.kernels.get('arm@6.12'))
  const lab = openLab(parts, { kernel, machine: machine('arm', devices) })
  const work = (name: string): string[] => {
    const told: string[] = []
    // Bus address 0 counts as no mapping behind an IOMMU.
    lab.dma.mapPageAttrs(lab.device(name), { kind: 'page', pfn: pfnOf(buffer(lab).phys) }, 0, 4096, DIR.TO_DEVICE, 0)
    const stop = lab.listen('page', (event) => event.event === 'cache_maint' && told.push(event.op))
    const page = { kind: 'page', pfn: pfnOf(buffer(lab).phys) } as const
    const handle = lab.dma.mapPageAttrs(lab.device(name), page, 0, 4096, DIR.FROM_DEVICE, 0)
    if (!handle.ok) throw new Error(handle.why)
    lab.dma.unmapPageAttrs(lab.device(name), handle.value, 4096, DIR.FROM_DEVICE, 0)
    stop()
    return told
  }
  expect(work('codec')).toEqual(['map', 'unmap', 'pgclean'])
  expect(work('translated')).toEqual(work('codec'))
})
