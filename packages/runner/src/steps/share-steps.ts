// Steps that share a buffer: export, descriptors, attachments, CPU access.
import { type Device, fail, InputError, ok, type StepDirection } from '@dmalab/api'
import { type LabBuffer, noMapping } from './lab-buffer.ts'
import { EXPORTER, type Outcome, type Step, type StepContext } from './step-context.ts'

export const exportBuffer = (c: StepContext, buffer: LabBuffer): Outcome => {
  const { memory } = buffer
  if (memory.kind !== 'vb2')
    throw new InputError(`'${buffer.name}' has no exporter of its own (it is from ${memory.kind})`)
  const dmabuf = c.lab.allocator(EXPORTER).getDmabuf(memory.mem)
  if (!dmabuf.ok) return dmabuf
  const fd = c.lab.dmaBuf.fd(dmabuf.value)
  if (!fd.ok) {
    c.lab.dmaBuf.put(dmabuf.value)
    return fd
  }
  buffer.fd = fd.value
  return ok(`fd ${fd.value}`)
}

export const close = (c: StepContext, buffer: LabBuffer): Outcome => {
  if (buffer.fd === null) return fail('EBADF', `'${buffer.name}' has no open descriptor`)
  const closed = c.lab.dmaBuf.close(buffer.fd)
  buffer.fd = null
  return closed.ok ? ok('') : closed
}

export const attach = (c: StepContext, buffer: LabBuffer, device: Device, peer2peer = false): Outcome => {
  if (buffer.fd === null) return fail('EBADF', `'${buffer.name}' was not exported`)
  const dmabuf = c.lab.dmaBuf.get(buffer.fd)
  if (!dmabuf.ok) return dmabuf
  const importer = peer2peer ? { allowPeer2peer: true, moveNotify: () => undefined } : undefined
  const attachment = c.lab.dmaBuf.attach(dmabuf.value, device, importer)
  if (!attachment.ok) {
    c.lab.dmaBuf.put(dmabuf.value)
    return attachment
  }
  buffer.importers.set(device.name, {
    dmabuf: dmabuf.value,
    attachment: attachment.value,
    ...noMapping(device),
  })
  return ok('')
}

export const detach = (c: StepContext, step: Step<'attach' | 'detach'>): Outcome => {
  const importer = c.importer(step)
  if (importer.attachment === null || importer.dmabuf === null) return fail('EINVAL', 'it is not attached')
  c.lab.dmaBuf.detach(importer.dmabuf, importer.attachment)
  c.lab.dmaBuf.put(importer.dmabuf)
  c.buffer(step.buffer).importers.delete(step.device)
  return ok('')
}

export const cpuAccess = (c: StepContext, step: Step<'begin-cpu-access' | 'end-cpu-access'>): Outcome => {
  const { fd } = c.buffer(step.buffer)
  if (fd === null) return fail('EBADF', `'${step.buffer}' was not exported`)
  const phase = step.do === 'begin-cpu-access' ? 'start' : 'end'
  const done = c.lab.dmaBuf.syncIoctl(fd, phase, accessOf(step.dir))
  return done.ok ? ok('') : done
}

const accessOf = (dir: StepDirection): { read: boolean; write: boolean } => ({
  read: dir !== 'TO_DEVICE',
  write: dir !== 'FROM_DEVICE',
})
