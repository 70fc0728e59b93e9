// Fences of a model run: waited for and never signaled, signaled twice, out of order on their timeline.
// A log proves none of it: drivers signal late and lazily, and the event cuts both numbers to 32 bits.
import { finding, type CheckerRule, type FenceEvent } from '@dmalab/api'

export const fenceRule: CheckerRule = {
  name: 'fences',
  codes: ['fence-never-signaled', 'fence-signaled-twice', 'fence-order'],
  source: 'Linux drivers/dma-buf/dma-fence.c',
  create(report, context) {
    const signaled = new Map<string, number>()
    const waiting = new Map<string, { readonly name: string; readonly at: number }>()
    /** Timeline -> the last fence signaled on it. */
    const last = new Map<string, { readonly seqno: number; readonly at: number }>()
    const keyOf = ({ driver, context: line, seqno }: FenceEvent): string => `${driver} ${line} ${seqno}`
    const nameOf = ({ timeline, seqno }: FenceEvent): string => `fence ${seqno} of ${timeline}`

    return {
      onEvent(event): void {
        if (context.session === undefined) return
        switch (event.event) {
          case 'dma_fence_init':
          case 'dma_fence_destroy':
            signaled.delete(keyOf(event))
            return
          case 'dma_fence_wait_start':
            if (!signaled.has(keyOf(event))) waiting.set(keyOf(event), { name: nameOf(event), at: event.at })
            return
          case 'dma_fence_signaled': {
            const before = signaled.get(keyOf(event))
            if (before !== undefined)
              report(
                finding('fence-signaled-twice', `${nameOf(event)} was signaled before`, {
                  evidence: [before, event.at],
                }),
              )
            const line = `${event.driver} ${event.context}`
            const newest = last.get(line)
            if (newest !== undefined && event.seqno < newest.seqno)
              report(
                finding('fence-order', `${nameOf(event)} was signaled after ${newest.seqno}`, {
                  evidence: [newest.at, event.at],
                }),
              )
            else last.set(line, { seqno: event.seqno, at: event.at })
            signaled.set(keyOf(event), event.at)
            waiting.delete(keyOf(event))
            return
          }
          case 'end':
            for (const { name, at } of waiting.values())
              report(
                finding('fence-never-signaled', `${name} was waited for and never signaled`, {
                  evidence: [at, event.at],
                }),
              )
            waiting.clear()
            return
          default:
        }
      },
      onEnd(): void {},
    }
  },
}
