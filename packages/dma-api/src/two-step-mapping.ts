// dma_iova_*: what drivers call to map in two steps. Only devices whose bus addresses dma-iommu manages have it.
import { type Device, type DmaAddr, type DmaMapping, fail, type IovaCalls, type KernelFacts } from '@dmalab/api'
import type { KernelStack } from '@dmalab/memory'
import type { DeviceState } from './device.ts'
import type { Trace } from './trace.ts'

type TwoStep = Pick<DmaMapping, 'iovaTryAlloc' | 'iovaLink' | 'iovaSync' | 'iovaUnlink' | 'iovaFree' | 'iovaDestroy'>

/** What they work with. */
export interface TwoStepParts {
  readonly facts: KernelFacts
  readonly trace: Trace
  state(device: Device): DeviceState
  readonly stack: Pick<KernelStack, 'call'>
}

/** Models: Linux v7.2 include/linux/dma-mapping.h: dma_use_iova */
export const twoStepMapping = (parts: TwoStepParts): TwoStep => {
  const { facts, stack, trace } = parts
  /** @throws Error: nothing was allocated that could be linked */
  const callsOf = (dev: Device): IovaCalls => {
    const { iova } = parts.state(dev)
    if (iova === null) throw new Error(`${dev.name} has no bus addresses to link to`)
    return iova
  }
  const at = (base: DmaAddr, offset: number): DmaAddr => (base + offset) as DmaAddr

  return {
    iovaTryAlloc(dev, phys, size) {
      const { iova } = parts.state(dev)
      if (!facts.twoStepIova) return fail('EOPNOTSUPP', 'dma_iova_try_alloc() came with v6.16')
      if (iova === null) return fail('EOPNOTSUPP', `dma-iommu does not manage the bus addresses of ${dev.name}`)
      return stack.call('dma_iova_try_alloc', () => iova.tryAlloc(phys, size))
    },

    iovaLink(dev, state, phys, offset, size, dir, attrs) {
      const linked = stack.call(['dma_iova_link', '__dma_iova_link'], () =>
        callsOf(dev).link(state, phys, offset, size, dir, attrs),
      )
      if (linked.ok) trace.link(dev.name, { handle: at(state.addr, offset), size, dir, attrs }, phys)
      return linked
    },

    iovaSync(dev, state, offset, size) {
      trace.linked('iova_sync', dev.name, at(state.addr, offset), size)
      return callsOf(dev).sync(state, offset, size)
    },

    iovaUnlink(dev, state, offset, size, dir, attrs) {
      trace.linked('iova_unlink', dev.name, at(state.addr, offset), size)
      stack.call(['dma_iova_unlink', '__iommu_dma_iova_unlink'], () =>
        callsOf(dev).unlink(state, offset, size, dir, attrs),
      )
    },

    iovaFree: (dev, state) => stack.call('dma_iova_free', () => callsOf(dev).free(state)),

    iovaDestroy(dev, state, mapped, dir, attrs) {
      if (mapped > 0) trace.linked('iova_unlink', dev.name, state.addr, mapped)
      stack.call(['dma_iova_destroy', '__iommu_dma_iova_unlink'], () => callsOf(dev).destroy(state, mapped, dir, attrs))
    },
  }
}
