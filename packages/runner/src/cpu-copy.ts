// Drivers that move pictures with the CPU: through a kernel mapping, told as CPU accesses.
import { type CpuCopy, type EventSink, hex, type KernelVaddr } from '@dmalab/api'
import type { Memory } from '@dmalab/memory'

/** `task` is the driver's device. */
export const cpuCopy = (memory: Memory, sink: EventSink, task: string): CpuCopy => {
  const tell = (write: boolean, at: KernelVaddr, size: number, buffer: string, wrong?: number): void => {
    const resolved = memory.resolve(at)
    if (resolved === undefined) return
    sink.emit({
      event: 'cpu_access',
      task,
      write,
      virtAddr: hex(at),
      physAddr: resolved.phys,
      size,
      mapping: resolved.kind,
      buffer,
      ...(wrong === undefined ? {} : { wrong }),
    })
  }
  return {
    write: (at, len, content, owner) => {
      memory.cpuWrite(at, len, content, owner)
      tell(true, at, len, owner)
    },
    compare: (at, len, expect, owner) => {
      const wrong = memory.cpuCompare(at, len, expect)
      tell(false, at, len, owner, wrong)
      return wrong
    },
  }
}
