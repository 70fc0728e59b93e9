// The DMA mask that a device has when no input states one.
import type { AssumedFact, DeviceFacts } from '@dmalab/api'
import { kernelDriverOf } from './kernel-drivers/index.ts'

/**
 * Bits of a platform device's mask until its driver asks for others.
 * Models: Linux v6.12 drivers/base/platform.c: setup_pdev_dma_masks
 */
export const USUAL_MASK_BITS = 32

export const assumedMask = (device: string): AssumedFact => ({
  fact: 'mask',
  device,
  why: `no input states it; ${USUAL_MASK_BITS} bits is what a driver gets that asks for nothing else`,
})

/** Its driver is known by what it is, and with it the mask: the driver sets this one, or leaves what a platform device starts with. */
export const isMaskKnown = ({ compatible = '', maskBits }: DeviceFacts): boolean =>
  kernelDriverOf({ compatible })?.maskBits === maskBits
