// Video buffers: queued by user space, given to the driver, done, taken back. A queue is an open file and a buffer type.
import { finding, type CheckerRule, type MediaEvent } from '@dmalab/api'

type BufferEvent = Extract<MediaEvent, { readonly owner: string }>
interface State {
  readonly state: 'queued' | 'active' | 'done' | 'taken'
  readonly at: number
}

/**
 * Streaming off takes all buffers back silently, so a buffer may be queued again from any state. Only these two steps need the
 * one before: a buffer is done only while the driver has it, and taken only once it is done.
 */
const NEEDS = { vb2_buf_done: 'active', vb2_dqbuf: 'done' } as const
const BECOMES = { vb2_qbuf: 'queued', vb2_buf_queue: 'active', vb2_buf_done: 'done', vb2_dqbuf: 'taken' } as const

export const vb2Rule: CheckerRule = {
  name: 'vb2',
  codes: ['vb2-state'],
  source: 'Linux drivers/media/common/videobuf2/videobuf2-core.c',
  create(report) {
    const buffers = new Map<string, State>()
    const seen = (event: BufferEvent & { readonly at: number }): void => {
      const key = `${event.owner} ${event.type} ${event.index}`
      const before = buffers.get(key)
      const needs = event.event === 'vb2_buf_done' || event.event === 'vb2_dqbuf' ? NEEDS[event.event] : undefined
      if (before !== undefined && needs !== undefined && before.state !== needs)
        report(
          finding(
            'vb2-state',
            `buffer ${event.index} of queue ${event.owner} (type ${event.type}): ${event.event} while it is ${before.state}`,
            {
              evidence: [before.at, event.at],
            },
          ),
        )
      buffers.set(key, { state: BECOMES[event.event], at: event.at })
    }
    return {
      onEvent(event): void {
        if (event.event === 'lost') buffers.clear()
        else if (event.event === 'vb2_qbuf' || event.event === 'vb2_buf_queue') seen(event)
        else if (event.event === 'vb2_buf_done' || event.event === 'vb2_dqbuf') seen(event)
      },
      onEnd(): void {},
    }
  },
}
