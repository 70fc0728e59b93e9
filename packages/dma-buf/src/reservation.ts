// Implicit synchronisation: fences, and the reservation object of each buffer that collects them.
import { type DmaFence, type EventSink, fail, type FenceUsage, type KResult, ok, type Reservation } from '@dmalab/api'

interface LiveFence extends DmaFence {
  signaled: boolean
}

export interface Fences {
  /** The reservation object of a new buffer. */
  reservation(): Reservation
}

/** Fence contexts of one machine: one for each driver and timeline, with its own sequence of numbers. */
export const createFences = (sink: EventSink): Fences => {
  const contexts = new Map<string, { readonly context: number; seqno: number }>()
  const live = new Map<DmaFence, LiveFence>()

  const trace = (event: 'init' | 'signaled' | 'destroy' | 'wait_start' | 'wait_end', fence: DmaFence): void => {
    const { driver, timeline, context, seqno } = fence
    sink.emit({ event: `dma_fence_${event}`, driver, timeline, context, seqno })
  }

  /** Models: Linux v6.12 drivers/dma-buf/dma-fence.c: dma_fence_init */
  const newFence = (driver: string, timeline: string): DmaFence => {
    const key = `${driver}/${timeline}`
    const known = contexts.get(key) ?? { context: contexts.size + 1, seqno: 0 }
    contexts.set(key, known)
    known.seqno += 1
    const fence: LiveFence = { driver, timeline, context: known.context, seqno: known.seqno, signaled: false }
    live.set(fence, fence)
    trace('init', fence)
    return fence
  }

  /** Models: Linux v6.12 drivers/dma-buf/dma-fence.c: dma_fence_signal */
  const signal = (fence: DmaFence): void => {
    const mine = live.get(fence)
    if (mine === undefined || mine.signaled) return
    mine.signaled = true
    trace('signaled', fence)
    live.delete(fence)
    trace('destroy', fence)
  }

  return {
    reservation: () => {
      let entries: { readonly fence: DmaFence; readonly usage: FenceUsage }[] = []

      /** A reader waits for writers only. Models: Linux v6.12 include/linux/dma-resv.h: dma_resv_usage_rw */
      const pending = (usage: FenceUsage): DmaFence[] =>
        entries
          .filter(({ fence, usage: held }) => !fence.signaled && (usage === 'write' || held === 'write'))
          .map(({ fence }) => fence)

      return {
        newFence,
        signal,
        /** A later fence of a timeline replaces the earlier one. Models: Linux v6.12 drivers/dma-buf/dma-resv.c: dma_resv_add_fence */
        addFence: (fence, usage) => {
          entries = entries.filter(
            (entry) => !entry.fence.signaled && !(entry.fence.context === fence.context && entry.usage === usage),
          )
          entries.push({ fence, usage })
        },
        pending,
        /** Models: Linux v6.12 drivers/dma-buf/dma-resv.c: dma_resv_wait_timeout */
        wait: (usage): KResult<void> => {
          for (const fence of pending(usage)) {
            trace('wait_start', fence)
            const { driver, timeline, seqno } = fence
            return fail('ETIME', `waits for ${driver} ${timeline} ${seqno}, which is never signaled`)
          }
          return ok(undefined)
        },
      }
    },
  }
}
