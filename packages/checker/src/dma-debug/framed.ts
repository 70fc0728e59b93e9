// dma-debug's messages as they stand in a kernel log.
import type { KernelText } from '@dmalab/api'
import { DIALECTS } from './dialects.ts'

/** A message in the frame of its release. Overlaps of a cache line are counted without one. */
export const framedKernelText = (release: KernelText, device: string, text: string, driver = '?'): string =>
  text.startsWith('exceeded ') ? `DMA-API: ${text}` : DIALECTS[release].frame(driver, device, text)
