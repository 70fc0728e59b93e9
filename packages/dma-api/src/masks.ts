// How wide the addresses of a device are: dma_set_mask and dma_set_coherent_mask.
import { type Device, type DmaMapping, fail, type KernelFacts, type KResult, ok } from '@dmalab/api'
import type { DeviceState } from './device.ts'

export interface MaskParts {
  readonly facts: KernelFacts
  readonly state: (device: Device) => DeviceState
}

/**
 * @param supported what the device's op table says
 *
 * Models: Linux v6.12 kernel/dma/mapping.c: dma_set_mask
 * Models: Linux v6.12 kernel/dma/mapping.c: dma_set_coherent_mask
 */
export const maskCalls = (
  { facts, state }: MaskParts,
  supported: (device: Device, bits: number) => boolean,
): Pick<DmaMapping, 'setMask' | 'setCoherentMask'> => {
  const refused = ({ name }: Device, bits: number, which: string): KResult<void> =>
    fail('EIO', `${name}: a ${bits} bit ${which} mask is not supported`)
  return {
    setMask(dev, bits) {
      if (!supported(dev, bits)) return refused(dev, bits, 'DMA')
      const device = state(dev)
      device.maskBits = bits
      device.oddMask = undefined
      device.skipSync = facts.skipsNeedlessSync && dev.facts.coherent
      return ok(undefined)
    },

    setCoherentMask(dev, bits) {
      if (!supported(dev, bits)) return refused(dev, bits, 'coherent DMA')
      const device = state(dev)
      device.coherentMaskBits = bits
      device.oddCoherentMask = undefined
      return ok(undefined)
    },
  }
}
