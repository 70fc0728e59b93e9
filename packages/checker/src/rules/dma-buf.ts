// Lifetime of dma-bufs: release, attachments, use after release. `ino` is a buffer's identity.
// A log cannot show the end of a buffer: in-kernel references and the closing of an fd print nothing, so counting gets and puts proves nothing.
import { bytes, finding, type CheckerRule, type Event } from '@dmalab/api'

type Attach = Extract<Event, { event: 'dma_buf_dynamic_attach' | 'dma_buf_detach' }>

interface SharedBuffer {
  readonly at: number
  readonly name: string
  readonly attachments: Map<string, Attach>
}

export const dmaBufRule: CheckerRule = {
  name: 'dma-buf',
  source: 'Linux drivers/dma-buf/dma-buf.c',
  codes: ['leak-dma-buf', 'leak-attachment', 'dma-buf-use-after-put', 'dma-buf-detach-unattached'],
  create(report, context) {
    const buffers = new Map<number, SharedBuffer>()
    const dead = new Map<number, number>()
    const nameOf = (event: { expName: string; ino: number; size: number }): string =>
      `dma-buf ${event.ino} of ${event.expName} (${bytes(event.size)})`

    const used = (event: Event & { expName: string; ino: number; size: number }, what: string): void => {
      const gone = dead.get(event.ino)
      if (gone !== undefined && !buffers.has(event.ino))
        report(
          finding(
            'dma-buf-use-after-put',
            `${nameOf(event)} was ${what} after its last reference went at step ${gone}`,
            {
              evidence: [gone, event.at],
            },
          ),
        )
    }

    return {
      onEvent(event): void {
        switch (event.event) {
          case 'dma_buf_export':
            dead.delete(event.ino)
            buffers.set(event.ino, { at: event.at, name: nameOf(event), attachments: new Map() })
            return
          case 'dma_buf_get':
            return used(event, 'looked up')
          case 'dma_buf_put':
            return used(event, 'put')
          case 'dma_buf_release': {
            const buffer = buffers.get(event.ino)
            for (const attach of buffer?.attachments.values() ?? []) leakedAttachment(attach, event.at)
            buffers.delete(event.ino)
            dead.set(event.ino, event.at)
            return
          }
          case 'dma_buf_dynamic_attach':
            used(event, 'attached')
            buffers.get(event.ino)?.attachments.set(event.attachment, event)
            return
          case 'dma_buf_detach': {
            const buffer = buffers.get(event.ino)
            // A buffer from before the log may have attachments from before the log.
            if (buffer !== undefined && !buffer.attachments.delete(event.attachment) && context.complete)
              report(
                finding(
                  'dma-buf-detach-unattached',
                  `${event.device}: ${nameOf(event)} was detached but is not attached`,
                  {
                    device: event.device,
                    evidence: [buffer.at, event.at],
                  },
                ),
              )
            return
          }
          case 'lost':
            buffers.clear()
            dead.clear()
            return
          case 'end':
            if (event.stoppedAt !== undefined) {
              unreached(event.stoppedAt, event.at)
              buffers.clear()
              return
            }
            for (const buffer of buffers.values()) {
              report(
                finding('leak-dma-buf', `${buffer.name} was never released`, {
                  evidence: [buffer.at, event.at],
                }),
              )
              for (const attach of buffer.attachments.values()) leakedAttachment(attach, event.at)
            }
            buffers.clear()
            return
          default:
        }
      },
      onEnd(): void {},
    }

    /** The steps that release them did not run: a consequence, reported once. */
    function unreached(stoppedAt: string, at: number): void {
      const live = [...buffers.values()]
      if (live.length === 0) return
      const attached = live.reduce((sum, buffer) => sum + buffer.attachments.size, 0)
      report(
        finding(
          'leak-dma-buf',
          `${live.map(({ name }) => name).join(', ')} with ${attached} attachments not released: the run stopped at '${stoppedAt}'`,
          { evidence: [...live.map((buffer) => buffer.at), at], severity: 'info' },
        ),
      )
    }

    function leakedAttachment(attach: Attach, at: number): void {
      report(
        finding('leak-attachment', `${attach.device}: still attached to ${nameOf(attach)}`, {
          device: attach.device,
          evidence: [attach.at, at],
        }),
      )
    }
  },
}
