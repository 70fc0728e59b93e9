// vb2's dprintk and trace events.
import { BUF_TYPE, type Buf, type QueueState } from './queue-state.ts'

/** A debug line as the module parameter `debug=1` shows it; lines of higher levels are not modelled. */
export const dprintk = (q: QueueState, where: string, text: string, file: 'core' | 'v4l2' = 'core'): void => {
  const { log } = q.host.kernel.media
  q.host.printk('debug', `${log[file]}${log.named ? `[${q.setup.name}] ` : ''}${where}: ${text}`)
}

export const traceVb2 = (
  event: 'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf',
  q: QueueState,
  buf: Buf,
): void =>
  q.host.sink.emit({
    event,
    owner: q.setup.name,
    queued: q.queued.length,
    ownedByDriver: q.ownedByDriver,
    index: buf.index,
    type: BUF_TYPE[q.setup.type],
    bytesused: buf.planes[0]?.bytesused ?? 0,
    timestamp: buf.timestamp,
  })
