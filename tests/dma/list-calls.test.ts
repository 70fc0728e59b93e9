// Mappings stay on the engine: one page is a call each way, and however long a list is, mapping, syncing and unmapping it are a handful of calls across the wasm boundary.
import { type ArchName, type DeviceFacts, DIR, type Lab, type Machine, PAGE_SIZE } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { openLab, parseKernel } from '@dmalab/runner'
import { afterAll, expect, test } from 'vitest'

const MIB = 2 ** 20
const SMMU = { name: 'smmu', model: 'arm,smmu-v3', enabled: true } as const

let calls = 0
const real = WebAssembly.Instance
/** Counts every call of an exported function. */
class CountedInstance extends real {
  override readonly exports: WebAssembly.Exports
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports)
    const { exports } = new real(module, imports)
    const counted = Object.entries(exports).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value]
      const call = (...args: number[]): unknown => {
        calls++
        return (value as (...args: number[]) => unknown)(...args)
      }
      return [name, call]
    })
    this.exports = Object.fromEntries(counted) as WebAssembly.Exports
  }
}
WebAssembly.Instance = CountedInstance
afterAll(() => {
  WebAssembly.Instance = real
})
const parts = await openLaboratory()

const machine = (arch: ArchName, device: Partial<DeviceFacts>): Machine => ({
  name: 'lists',
  title: 'RAM with a pool in it',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0x4000_0000, len: 512 * MIB }],
  reserved: [
    { name: 'pool', base: 0x5000_0000, len: MIB, compatible: 'shared-dma-pool', noMap: true, reusable: false },
  ],
  layout: arch === 'arm' ? { lowmemEnd: 0x5800_0000 } : {},
  iommus: [SMMU],
  devices: [{ name: 'device', class: 'other', coherent: false, maskBits: 32, pools: ['pool'], ...device }],
  bindings: {},
})

/** Calls that mapping, syncing and unmapping `entries` scattered pages needs, once the tables are there. */
const callsFor = (lab: Lab, entries: number): number => {
  const device = lab.device('device')
  const pages = lab.mem.allocPages(entries * PAGE_SIZE, { owner: 'list' })
  if (!pages.ok) throw new Error(pages.why)
  const table = lab.sgTable(
    Array.from({ length: entries }, (_, i) => ({
      page: { kind: 'page', pfn: (pages.value + ((7 * i) % entries)) as typeof pages.value },
      length: PAGE_SIZE,
      offset: 0,
    })),
  )
  const once = (): void => {
    const mapped = lab.dma.mapSgAttrs(device, table, DIR.BIDIRECTIONAL, 0)
    if (!mapped.ok) throw new Error(mapped.why)
    lab.dma.syncSgForCpu(device, table, DIR.BIDIRECTIONAL)
    lab.dma.syncSgForDevice(device, table, DIR.BIDIRECTIONAL)
    lab.dma.unmapSgAttrs(device, table, DIR.BIDIRECTIONAL, 0)
  }
  once()
  calls = 0
  once()
  return calls
}

test.each([
  ['arm@4.11', 'arm', {}],
  ['arm@4.11', 'arm-coherent', { coherent: true }],
  ['arm@6.12', 'dma-direct', {}],
  ['arm@6.12', 'dma-direct', { coherent: true }],
  ['arm64@6.12', 'dma-direct', {}],
  ['arm64@6.12', 'dma-direct', { dmaRanges: [{ cpu: 0x4000_0000, bus: 0, len: 512 * MIB }] }],
  ['arm64@6.12', 'dma-iommu', { iommu: 'smmu' }],
  ['arm64@6.12', 'dma-iommu', { iommu: 'smmu', coherent: true }],
] as const)('%s, %s %o', (kernel, ops, facts) => {
  const spec = parseKernel(kernel, parts.registry)
  const open = () =>
    openLab(parts, { kernel: spec, machine: machine(parts.registry.arches.get(spec.base.arch).board, facts) })
  expect(open().device('device').opsName).toBe(ops)
  expect(callsFor(open(), 1000)).toBeLessThanOrEqual(24)
})

test.each([
  ['arm@4.11', {}, 3],
  ['arm@6.12', {}, 3],
  ['arm64@6.12', {}, 2],
  ['arm64@6.12', { iommu: 'smmu' }, 2],
  ['arm64@6.12', { iommu: 'smmu', coherent: true }, 2],
] as const)('%s %o: one page', (kernel, facts, most) => {
  const spec = parseKernel(kernel, parts.registry)
  const lab = openLab(parts, { kernel: spec, machine: machine(parts.registry.arches.get(spec.base.arch).board, facts) })
  const device = lab.device('device')
  const pages = lab.mem.allocPages(PAGE_SIZE, { owner: 'page' })
  if (!pages.ok) throw new Error(pages.why)
  const once = (): void => {
    const mapped = lab.dma.mapPageAttrs(device, { kind: 'page', pfn: pages.value }, 0, PAGE_SIZE, DIR.BIDIRECTIONAL, 0)
    if (mapped.ok) lab.dma.unmapPageAttrs(device, mapped.value, PAGE_SIZE, DIR.BIDIRECTIONAL, 0)
  }
  once()
  calls = 0
  once()
  expect(calls).toBe(most)
})
