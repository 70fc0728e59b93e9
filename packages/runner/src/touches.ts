// What a run did that releases may do otherwise: which of their differences touch it.
import {
  ATTR,
  busAddressOf,
  type DeviceFacts,
  type Event,
  has,
  type KernelRun,
  type Machine,
  type ReleaseRecord,
  type Touch,
} from '@dmalab/api'

/** Listens to a run. What it holds grows with the devices and live mappings of the run. */
export class TouchWatch {
  private readonly machine: Machine
  private readonly touched = new Set<Touch>()
  private readonly used = new Set<string>()
  private readonly bounced = new Set<string>()
  private readonly synced = new Set<string>()
  /** First bus address of each mapping that was made, by device. */
  private readonly starts = new Set<string>()

  constructor(machine: Machine) {
    this.machine = machine
  }

  onEvent(event: Event): void {
    const device = 'device' in event && event.event !== 'ioctl' && event.event !== 'step' ? event.device : undefined
    if (device !== undefined && event.event !== 'dma_buf_dynamic_attach') this.use(device)
    if ('attrs' in event) for (const [touch, bit] of ATTR_BITS) if (has(event.attrs, bit)) this.touched.add(touch)
    switch (event.event) {
      case 'swiotlb_bounced':
        this.touched.add('bounce')
        this.bounced.add(event.device)
        return
      case 'dma_map_resource':
        this.touched.add('resource')
        return
      case 'dma_map_phys':
        if (has(event.attrs, ATTR.MMIO)) this.touched.add('resource')
        return this.mapped(event.device, event.dmaAddr, event.physAddr, event.size)
      case 'dma_map_page':
        return this.mapped(event.device, event.dmaAddr, event.physAddr, event.size)
      case 'dma_map_sg':
        for (const at of event.dmaAddrs) this.starts.add(`${event.device} ${at}`)
        return
      case 'dma_map_sg_err':
        this.touched.add('sg-failure')
        return
      case 'dma_sync_single_for_cpu':
      case 'dma_sync_single_for_device':
        this.synced.add(event.device)
        if (!this.starts.has(`${event.device} ${event.dmaAddr}`)) this.touched.add('bounce-partial-sync')
        return
      case 'dma_sync_sg_for_cpu':
      case 'dma_sync_sg_for_device':
        this.synced.add(event.device)
        return
      case 'dma_alloc':
        if (event.flags.includes('GFP_ATOMIC')) this.touched.add('atomic')
        return
      case 'cache_summary':
        if (event.lines > 0) this.touched.add('cache')
        return
      case 'dma_buf_export':
        if (event.expName === 'udmabuf') this.touched.add('udmabuf')
        else if (event.expName === 'vfio_pci_core') this.touched.add('device-memory')
        else if (!NO_HEAP.test(event.expName)) this.touched.add('heap')
        if (CMA_HEAP.test(event.expName)) this.touched.add('cma-heap')
        return
      case 'dma_buf_dynamic_attach':
        this.touched.add('vb2-import')
        return
      case 'dma_buf_mmap':
      case 'dma_buf_mmap_internal':
        this.touched.add('mmap')
        return
      case 'ioctl':
        if (event.name === 'remove_bufs') this.touched.add('remove-bufs')
        this.touched.add('vb2')
        return
      case 'vb2_qbuf':
        this.touched.add('vb2')
        return
      default:
    }
  }

  finish(faulted: boolean, findings: KernelRun['findings']): ReadonlySet<Touch> {
    if (faulted) this.touched.add('oops')
    if (findings.some(({ kernelText = [] }) => kernelText.length > 0)) this.touched.add('dma-debug')
    // A sync that begins inside a mapping says nothing where nothing is copied.
    if (!this.touched.has('bounce')) this.touched.delete('bounce-partial-sync')
    const needless = (device: string): boolean => !this.bounced.has(device) && this.facts(device)?.coherent === true
    if ([...this.synced].some(needless)) this.touched.add('sync-coherent')
    return this.touched
  }

  private use(name: string): void {
    if (this.used.has(name)) return
    this.used.add(name)
    const facts = this.facts(name)
    if (facts === undefined) return
    const { machine, touched } = this
    const isTranslated = machine.iommus.some(({ name: iommu, enabled }) => iommu === facts.iommu && enabled)
    if (isTranslated) touched.add('iommu')
    if (isTranslated && facts.pci !== undefined) touched.add('iommu-pci')
    if (!isTranslated && Math.min(2 ** facts.maskBits - 1, facts.busLimit ?? Infinity) < 2 ** 32 - 1)
      touched.add('narrow-device')
    if (!isTranslated && facts.dmaRanges !== undefined && machine.memory.some((bank) => !reaches(facts, bank)))
      touched.add('windows')
    if (facts.pools.some((pool) => machine.reserved.some((region) => region.name === pool && region.noMap)))
      touched.add('no-map')
  }

  private mapped(device: string, dmaAddr: number, physAddr: number, size: number): void {
    this.starts.add(`${device} ${dmaAddr}`)
    const line = this.machine.cpu.writebackGranule ?? this.machine.cpu.lineSize
    const isShared = physAddr % line !== 0 || size % line !== 0
    if (isShared && this.facts(device)?.coherent === false) this.touched.add('small-buffer')
  }

  private facts(name: string): DeviceFacts | undefined {
    return this.machine.devices.find((device) => device.name === name)
  }
}

/** Attributes whose meaning a release brought. */
const ATTR_BITS = [
  ['attr-mmio', ATTR.MMIO],
  ['attr-share-lines', ATTR.DEBUGGING_IGNORE_CACHELINES],
  ['attr-require-coherent', ATTR.REQUIRE_COHERENT],
  ['attr-cc-shared', ATTR.CC_SHARED],
] as const satisfies readonly (readonly [Touch, number])[]

/** What decides the zones and pools that a kernel makes at boot. */
export const BOOT_TOUCHES: ReadonlySet<Touch> = new Set(['bounce', 'narrow-device', 'windows', 'no-map'])

/** Exporters that are no heap; a CMA heap has the name of its area. */
const NO_HEAP = /^drm$|^videobuf2/
const CMA_HEAP = /^(linux,cma|reserved|default_cma_region)$/

const reaches = (facts: DeviceFacts, { base, len }: { readonly base: number; readonly len: number }): boolean =>
  [base, base + len - 1].every((at) => busAddressOf(facts, at) !== undefined)

/** Those of `records` that one of the runs meets. */
export const touching = (
  records: readonly ReleaseRecord[],
  ...runs: readonly ReadonlySet<Touch>[]
): readonly ReleaseRecord[] => records.filter(({ touches }) => touches.some((one) => runs.some((run) => run.has(one))))
