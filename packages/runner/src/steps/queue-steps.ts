// Steps that are ioctls of a V4L2 queue.
import { InputError, type KResult, ok, type QbufPlane, type Vb2Queue } from '@dmalab/api'
import { userMapping } from './access-steps.ts'
import { LabBuffer } from './lab-buffer.ts'
import type { Outcome, Step, StepContext } from './step-context.ts'

export const ioctl = (
  c: StepContext,
  step: Step<'reqbufs' | 'querybuf' | 'dqbuf' | 'streamon' | 'streamoff' | 'qbuf'> | Step<'expbuf'>,
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
      const memory = queue.memory ?? 'MMAP'
      const planes: QbufPlane[] = []
      for (const name of step.buffers ?? []) {
        const plane = memory === 'USERPTR' ? userPlane(c, name) : descriptor(c, name)
        if (!plane.ok) return plane
        planes.push(plane.value)
      }
      const queued = queue.qbuf({ index: step.index, memory, ...(step.buffers === undefined ? {} : { planes }) })
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

const descriptor = (c: StepContext, name: string): KResult<QbufPlane> => {
  const { fd } = c.buffer(name)
  return ok(fd === null ? {} : { fd })
}

/** The addresses at which a task has the buffer mapped. */
const userPlane = (c: StepContext, name: string): KResult<QbufPlane> => {
  const buffer = c.buffer(name)
  const user = userMapping(c, buffer)
  if (!user.ok) return user
  return ok({ user: { ...user.value, owner: ownerOf(c, buffer) }, length: buffer.size, bytesused: buffer.size })
}

/** Behind a descriptor may be memory of another queue: it stays that one's. */
const ownerOf = ({ lab: { dmaBuf } }: StepContext, { name, fd }: LabBuffer): string => {
  const dbuf = fd === null ? null : dmaBuf.get(fd)
  if (dbuf === null || !dbuf.ok) return name
  dmaBuf.put(dbuf.value)
  return dbuf.value.owner
}

/**
 * read(2) or write(2), as a task that waits does it: the device works until there is something to read or room to write. What was read
 * is compared with what the device made, what was written with what the device got.
 */
export const fileIo = (c: StepContext, step: Step<'read' | 'write'>): Outcome => {
  const { memory } = c.buffer(step.buffer)
  if (memory.kind !== 'user')
    throw new InputError(`'${step.buffer}' is from ${memory.kind}: read and write need memory of a task`)
  const user = { ...memory.mapping, owner: step.buffer }
  const len = step.len ?? c.buffer(step.buffer).size
  const queue = queueOf(c, step.device, step.do === 'read' ? 'capture' : 'output')
  let wrong = 0
  const work = (): void => {
    for (const delivery of c.drivers.get(step.device)?.work() ?? []) wrong += delivery.wrong
  }
  const move = (): KResult<number> => (step.do === 'read' ? queue.readInto(user, len) : queue.writeFrom(user, len))
  let moved = move()
  if (!moved.ok && moved.errno === 'EAGAIN') {
    work()
    moved = move()
  }
  if (!moved.ok) return moved
  if (step.do === 'write') work()
  else wrong = c.lab.userCompare(user, moved.value, step.buffer).wrong
  c.wrong += wrong
  return ok(wrong === 0 ? `${moved.value} bytes` : `${moved.value} bytes, ${wrong} wrong`)
}

/** The driver sets them when it makes its queues: before the first ioctl. */
export const queueAttrs = (c: StepContext, step: Step<'queue-attrs'>): Outcome => {
  const { facts } = c.lab.device(step.device)
  if (c.drivers.has(step.device))
    throw new InputError(`the queues of ${step.device} are in use: set their attributes before`)
  const before = c.queueAttrs.get(facts.name) ?? { capture: 0, output: 0 }
  c.queueAttrs.set(step.device, { ...before, [step.queue]: c.attrs(step.attrs) })
  return ok(step.attrs.join(', '))
}

const queueOf = (c: StepContext, device: string, side: 'capture' | 'output'): Vb2Queue => {
  let driver = c.drivers.get(device)
  if (driver === undefined) {
    driver = c.lab.open(c.lab.device(device), c.queueAttrs.get(device))
    const format = { width: 640, height: 480, planes: [{ payload: 640 * 480, size: 640 * 480 }] }
    driver.setFormat(format, format)
    c.drivers.set(device, driver)
  }
  const queue = driver[side]
  if (queue === null) throw new InputError(`${device} has no ${side} queue`)
  return queue
}
