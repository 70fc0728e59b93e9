// Steps of user space that shares buffers of one video queue with another: the ioctls that may come next.
import type { ScenarioStep } from '@dmalab/api'
import { FRAME, NO_QUEUE, type Protocol } from './protocol.ts'
import type { Setting } from './alphabet.ts'

const CAPTURE = { device: 'exporter', queue: 'capture' } as const
const OUTPUT = { device: 'importer', queue: 'output' } as const

export const nextIoctls = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const capture = s.queues['exporter capture'] ?? NO_QUEUE
  const output = s.queues['importer output'] ?? NO_QUEUE
  if (s.pool === 'undeclared' && setting.declare !== null)
    return [{ do: 'declare-pool', device: setting.owner, ...setting.declare }]
  if (!capture.buffers) {
    if (setting.attrs.length > 0 && !capture.attributes)
      return [{ do: 'queue-attrs', ...CAPTURE, attrs: setting.attrs }]
    if (s.unbound) return []
    return [{ do: 'reqbufs', ...CAPTURE, memory: 'MMAP', count: 1 }]
  }
  const steps: ScenarioStep[] = []
  if (s.fd === 'none') steps.push({ do: 'expbuf', ...CAPTURE, index: 0, buffer: FRAME })
  if (capture.streaming && !capture.queued) steps.push({ do: 'qbuf', ...CAPTURE, index: 0 })
  if (!capture.streaming) steps.push({ do: 'streamon', ...CAPTURE })
  if (capture.streaming && capture.queued) steps.push({ do: 'dqbuf', ...CAPTURE })
  if (s.fd === 'open') {
    if (!output.buffers) steps.push({ do: 'reqbufs', ...OUTPUT, memory: 'DMABUF', count: 1 })
    else {
      if (!output.queued) steps.push({ do: 'qbuf', ...OUTPUT, index: 0, buffers: [FRAME] })
      if (!output.streaming) steps.push({ do: 'streamon', ...OUTPUT })
      if (output.streaming && output.queued) steps.push({ do: 'dqbuf', ...OUTPUT })
      if (output.streaming) steps.push({ do: 'streamoff', ...OUTPUT })
      if (output.done) steps.push({ do: 'reqbufs', ...OUTPUT, memory: 'DMABUF', count: 0 })
    }
    steps.push({ do: 'cpu-read', buffer: FRAME }, { do: 'vmap', buffer: FRAME }, { do: 'close', buffer: FRAME })
  }
  if (s.pool === 'there' && setting.pool) steps.push({ do: 'release-pool', device: setting.owner })
  if (!s.unbound) steps.push({ do: 'unbind', device: 'exporter' })
  return steps
}
