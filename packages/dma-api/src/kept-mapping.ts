// A mapping of memory that is unmapped as registers: nothing is undone, and no kernel says so.
import { type DmaAddr, type EventSink, hex } from '@dmalab/api'
import type { DeviceState } from './device.ts'

/** Models: Linux v7.2 kernel/dma/mapping.c: dma_unmap_page_attrs */
export const tellKept = (sink: EventSink, device: DeviceState, handle: DmaAddr, size: number): void => {
  const { name, translates, windows, swiotlb } = device
  if (!translates) {
    const at = windows.toPhys(handle)
    if (at === undefined || swiotlb?.contains(at) !== true) return
  }
  const kept = translates ? 'it stays mapped, and its bus addresses taken' : 'its bounce slots stay taken'
  const text = `${name} unmaps ${size} bytes at ${hex(handle)} with DMA_ATTR_MMIO: ${kept}`
  sink.emit({ event: 'kernel_quirk', code: 'unmap-attrs-leak', text, device: name })
}
