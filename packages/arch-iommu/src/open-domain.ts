// The domain of one device behind an IOMMU: its tables, its invalidation policy, and what it tells.
import type { Host, IommuDomain, IommuTrace } from '@dmalab/api'
import type { IommuModel } from './iommu-models.ts'

const FIXES = {
  v7sSplit: 'iommuFixV7sSplit',
  v7sSupersection: 'iommuFixV7sSupersection',
  overwrite: 'iommuFixOverwrite',
  segmentLimit: 'iommuFixSegmentLimit',
  unmapAtTop: 'iommuFixUnmapAtTop',
} as const

/** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_init_domain */
export function openDomain(host: Host, model: IommuModel): IommuDomain {
  const { kernel, iommu, device } = host
  const late = !kernel.iommu.strict
  // An untrusted device must lose what it was lent at once, whatever the command line says.
  const lazy =
    late && model.deferredFlush && device.facts.pci?.untrusted !== true ? { slots: 256, timeoutMs: 10 } : null
  const fixes = Object.entries(FIXES).flatMap(([name, fact]) => (kernel[fact] ? [name] : []))
  const lowest = Math.min(...(device.facts.dmaRanges ?? []).map(({ bus }) => bus))
  const apertureStart = Math.max(model.shape.apertureStart, Number.isFinite(lowest) ? lowest : 0)
  const partialUnmap = model.partialUnmap === 'io-pgtable' ? kernel.iommuPartialUnmap : model.partialUnmap
  const setup = { ...model.shape, lazy, fixes, partialUnmap, apertureStart }
  const opened = iommu!.open(setup, traceTo(host, iommu!.facts.model))
  if (!opened.ok) throw new Error(`no tables for ${device.name}: ${opened.why}`)
  return opened.value
}

/** The kernel's own tracepoints and messages, and what no kernel can see: a stale translation. */
const traceTo = (host: Host, driver: string): IommuTrace => ({
  wanted: () => host.wants('op'),
  map(iova, physAddr, size) {
    if (!host.tellName('map')) host.emit({ event: 'map', iova, end: iova + size, physAddr, size })
  },
  mapped: (count) => host.tellName('map', count),
  unmap(iova, size, unmappedSize) {
    if (!host.tellName('unmap')) host.emit({ event: 'unmap', iova, end: iova + size, size, unmappedSize })
  },
  quirk: (code, text) => host.emit({ event: 'kernel_quirk', code, text, device: host.device.name }),
  notice: (text) => host.printk('info', text),
  fault(at, write, lines) {
    for (const [level, text] of lines) host.printk(level, text)
    host.emit({ event: 'io_page_fault', driver, device: host.device.name, iova: at, flags: write ? 1 : 0 })
  },
  stale: (dmaAddr, physAddr, write) =>
    host.emit({ event: 'stale_translation', device: host.device.name, write, dmaAddr, physAddr }),
})
