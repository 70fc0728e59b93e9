// The op table dma-iommu attached to a host that writes down cache work and bounce slots, over a recorded domain.
import {
  type Device,
  type DeviceFacts,
  type DmaAddr,
  type Host,
  type IommuLimits,
  type KernelFacts,
  ok,
  phys,
  pluginApi,
  type SgTable,
} from '@dmalab/api'
import { dmaIommuOps } from '../src/dma-iommu-ops.ts'
import { type Failing, PAGE, recordedDomain } from './recorded-domain.ts'

export const [MMIO, REQUIRE_COHERENT, CC_SHARED] = [1024, 2048, 4096]
/** The one slot of the bounce pool, and what the pool takes at most. */
export const SLOT = 0x9000_0200

export interface TableSetup {
  readonly facts?: Partial<DeviceFacts>
  readonly kernel?: Partial<KernelFacts>
  readonly failing?: Failing
  readonly iommu?: boolean
  readonly pool?: boolean
}
const hex = (x: number): string => x.toString(16)

export const openTable = ({ facts = {}, kernel = {}, failing = {}, iommu = true, pool = true }: TableSetup = {}) => {
  const recorded = recordedDomain(failing)
  const { calls } = recorded
  const limits: IommuLimits[] = []
  const segments: unknown[] = []
  let offered = false
  let passed = (_ms: number): void => undefined
  const domain = {
    ...recorded.domain,
    map: ((at, size, prot, within) => {
      limits.push(within)
      return recorded.domain.map(at, size, prot, within)
    }) as typeof recorded.domain.map,
    mapSg: ((list, nents, prot, within, join) => {
      segments.push(join)
      return recorded.domain.mapSg(list, nents, prot, within, join)
    }) as typeof recorded.domain.mapSg,
  }
  const swiotlb = {
    name: 'pool',
    force: false,
    contains: (at: number) => at >= 0x9000_0000,
    maxMappingSize: () => SLOT,
    tblMapSingle: (at: number, size: number) => (calls.push(`slot for ${hex(at)} ${size}`), phys(SLOT)),
    tblUnmapSingle: (at: number, size: number) => void calls.push(`slot back ${hex(at)} ${hex(size)}`),
    syncSingleForCpu: (at: number, size: number) => void calls.push(`slot for cpu ${hex(at)} ${hex(size)}`),
    syncSingleForDevice: (at: number, size: number) => void calls.push(`slot for device ${hex(at)} ${hex(size)}`),
  }
  const device = { name: 'dev', facts: { coherent: false, ...facts }, maskBits: 32, coherentMaskBits: 32, dmaMask: 0 }
  const host = {
    device,
    kernel: {
      attrs: { MMIO, REQUIRE_COHERENT, CC_SHARED },
      iommu: { strict: true },
      iommuPartialUnmap: 'split',
      iommuPci32: 'once',
      dmaAddrSize: 8,
      swiotlb: {},
      twoStepIova: false,
      mapsByPhys: false,
      ...kernel,
    },
    iommu: iommu ? { facts: { name: 'mmu', model: 'arm-smmu-v3' }, open: () => ok(domain) } : null,
    mem: {
      pageToPfn: ({ pfn }: { pfn: number }) => pfn,
      linearAddress: (at: number) => BigInt(at),
      memset: () => void calls.push('memset'),
    },
    arch: {
      syncForDevice: (at: number, size: number) => void calls.push(`clean ${hex(at)} ${hex(size)}`),
      syncForCpu: (at: number, size: number) => void calls.push(`invalidate ${hex(at)} ${hex(size)}`),
    },
    swiotlb: () => (pool ? swiotlb : null),
    kmallocNeedsBounce: () => false,
    kmallocSgNeedsBounce: () => false,
    wants: () => false,
    printk: () => undefined,
    forEachEntry: (_list: SgTable, nents: number, _pass: unknown, each: (i: number) => boolean) => {
      for (let i = 0; i < nents; i += 1) each(i)
      return nents
    },
    setBusTranslation: () => undefined,
    onTimePassed: (listener: (ms: number) => void) => void (passed = listener),
    offerIova: () => void (offered = true),
  } as unknown as Host
  const ops = dmaIommuOps(pluginApi).attach(device as unknown as Device, host)
  return { ...recorded, ops, device, limits, segments, offered: () => offered, passed: (ms: number) => passed(ms) }
}

/** A list of pieces of memory, each at the start of a page. */
export const listOf = (...pieces: readonly (readonly [at: number, length: number])[]): SgTable => {
  const entries = pieces.map(([at, length]) => ({
    page: { kind: 'page', pfn: at / PAGE },
    offset: 0,
    length,
    attrs: 0,
    dmaAddress: 0 as DmaAddr,
    dmaLength: 0,
  }))
  return {
    nents: entries.length,
    origNents: entries.length,
    entry: (i: number) => entries[i],
    entries: () => entries,
    setDma: (i: number, dmaAddress: DmaAddr, dmaLength: number) =>
      Object.assign(entries[i] ?? {}, { dmaAddress, dmaLength }),
  } as unknown as SgTable
}
