// Steps that are ioctls of a V4L2 queue.
import { InputError, ok, type ScenarioStep, type Vb2Queue } from '@dmalab/api'
import { LabBuffer } from './lab-buffer.ts'
import type { Outcome, Step, StepContext } from './step-context.ts'

export const ioctl = (
  c: StepContext,
  step:
    | Exclude<
        ScenarioStep,
        { readonly buffer: string } | { readonly do: 'expect' | 'wait' | 'declare-pool' | 'scatterlist' }
      >
    | Step<'expbuf'>,
): Outcome => {
  const queue = queueOf(c, step.device, step.queue)
  switch (step.do) {
    case 'reqbufs': {
      const count = queue.reqbufs(step.memory, step.count)
      return count.ok ? ok(`${count.value} buffers`) : count
    }
    case 'expbuf': {
      const fd = queue.expbuf(step.index, step.plane ?? 0)
      if (!fd.ok) return fd
      const size = c.lab.dmaBuf.lseek(fd.value, 0, 'SEEK_END')
      if (!size.ok) return size
      c.buffers.set(step.buffer, new LabBuffer(step.buffer, size.value, { kind: 'fd' }, fd.value))
      return ok(`fd ${fd.value}`)
    }
    case 'qbuf': {
      const planes = step.buffers?.map((name) => {
        const { fd } = c.buffer(name)
        return fd === null ? {} : { fd }
      })
      const memory = queue.memory ?? 'MMAP'
      const queued = queue.qbuf({ index: step.index, memory, ...(planes === undefined ? {} : { planes }) })
      return queued.ok ? ok('') : queued
    }
    case 'dqbuf': {
      c.drivers.get(step.device)?.work()
      const done = queue.dqbuf()
      return done.ok ? ok(`buffer ${done.value.index}`) : done
    }
    case 'querybuf': {
      const info = queue.querybuf(step.index ?? 0)
      return info.ok ? ok(info.value.state) : info
    }
    case 'streamon': {
      const on = queue.streamon()
      return on.ok ? ok('') : on
    }
    case 'streamoff': {
      const off = queue.streamoff()
      return off.ok ? ok('') : off
    }
  }
}

const queueOf = (c: StepContext, device: string, side: 'capture' | 'output'): Vb2Queue => {
  let driver = c.drivers.get(device)
  if (driver === undefined) {
    driver = c.lab.open(c.lab.device(device))
    const format = { width: 640, height: 480, planes: [{ payload: 640 * 480, size: 640 * 480 }] }
    driver.setFormat(format, format)
    c.drivers.set(device, driver)
  }
  const queue = driver[side]
  if (queue === null) throw new InputError(`${device} has no ${side} queue`)
  return queue
}
