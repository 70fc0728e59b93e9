// Steps of user space that shares buffers of one video queue with another, by descriptor or by address: the ioctls that may come next.
import type { ScenarioStep } from '@dmalab/api'
import type { Setting } from './setting.ts'
import { FRAME, NO_QUEUE, type Protocol } from './protocol.ts'

const CAPTURE = { device: 'exporter', queue: 'capture' } as const
const OUTPUT = { device: 'importer', queue: 'output' } as const

export const nextIoctls = (s: Protocol, setting: Setting, memory: 'DMABUF' | 'USERPTR'): readonly ScenarioStep[] => {
  const capture = s.queues['exporter capture'] ?? NO_QUEUE
  if (s.pool === 'undeclared' && setting.declare !== null)
    return [{ do: 'declare-pool', device: setting.owner, ...setting.declare }]
  if (!capture.buffers && s.fd === 'none') {
    if (setting.attrs.length > 0 && !capture.attributes)
      return [{ do: 'queue-attrs', ...CAPTURE, attrs: setting.attrs }]
    if (s.unbound) return []
    return [{ do: 'reqbufs', ...CAPTURE, memory: 'MMAP', count: 1 }]
  }
  const steps: ScenarioStep[] = []
  if (s.fd === 'none') steps.push({ do: 'expbuf', ...CAPTURE, index: 0, buffer: FRAME })
  if (capture.buffers) {
    if (capture.streaming && !capture.queued) steps.push({ do: 'qbuf', ...CAPTURE, index: 0 })
    if (!capture.streaming) steps.push({ do: 'streamon', ...CAPTURE })
    if (capture.streaming && capture.queued) steps.push({ do: 'dqbuf', ...CAPTURE })
  }
  if (s.fd === 'open') steps.push(...nextOutputs(s, memory))
  if (s.pool === 'there' && setting.pool && !s.unbound) steps.push({ do: 'release-pool', device: setting.owner })
  if (capture.buffers && !capture.streaming) steps.push({ do: 'reqbufs', ...CAPTURE, memory: 'MMAP', count: 0 })
  if (!s.unbound) steps.push({ do: 'unbind', device: 'exporter' })
  return steps
}

const nextOutputs = (s: Protocol, memory: 'DMABUF' | 'USERPTR'): readonly ScenarioStep[] => {
  const output = s.queues['importer output'] ?? NO_QUEUE
  const steps: ScenarioStep[] = []
  if (s.importerUnbound) return looks(s)
  if (!output.buffers) steps.push({ do: 'reqbufs', ...OUTPUT, memory, count: 1 })
  else {
    if (!output.queued) steps.push({ do: 'qbuf', ...OUTPUT, index: 0, buffers: [FRAME] })
    if (!output.streaming) steps.push({ do: 'streamon', ...OUTPUT })
    if (output.streaming && output.queued) steps.push({ do: 'dqbuf', ...OUTPUT })
    if (output.streaming) steps.push({ do: 'streamoff', ...OUTPUT })
    if (output.done) steps.push({ do: 'reqbufs', ...OUTPUT, memory, count: 0 })
  }
  if (output.buffers) steps.push({ do: 'unbind', device: 'importer' })
  return [...steps, ...looks(s)]
}

const looks = ({ unbound }: Protocol): readonly ScenarioStep[] => [
  { do: 'cpu-read', buffer: FRAME },
  { do: 'vmap', buffer: FRAME },
  // What becomes of memory whose driver has gone is the driver's doing.
  ...(unbound ? [] : [{ do: 'close', buffer: FRAME } as const]),
]
