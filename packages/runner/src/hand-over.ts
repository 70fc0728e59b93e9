// How a picture gets from one stage of a pipeline to the next: shared, copied, or looked at by the CPU.
import type { DisplayPort, Lab, UserMapping, Vb2Queue } from '@dmalab/api'
import type { OpenStage, Passing } from './open-stage.ts'
import { need } from './pipeline-plan.ts'
import type { StepLog } from './step-log.ts'

export class HandOver {
  private readonly lab: Lab
  private readonly log: StepLog

  constructor(lab: Lab, log: StepLog) {
    this.lab = lab
    this.log = log
  }

  /** Queues a picture at the consumer's OUTPUT queue, in the way of its hop. */
  queueAt(queue: Vb2Queue, from: OpenStage, to: OpenStage, { index, frame }: Passing): void {
    const fds = from.fds[index] ?? []
    const payloads = need(to.stage.takes).planes.map(({ payload }) => payload)
    switch (to.hop) {
      case 'export':
        this.log.must(
          queue.qbuf({
            index,
            memory: 'DMABUF',
            timestamp: frame,
            planes: fds.map((fd, p) => ({ fd, length: this.lengthOf(fd), bytesused: payloads[p] ?? 0 })),
          }),
        )
        this.log.detail('attached and mapped')
        return
      case 'import':
        this.log.must(
          queue.qbuf({ index, memory: 'MMAP', timestamp: frame, planes: payloads.map((bytesused) => ({ bytesused })) }),
        )
        return
      case 'userptr': {
        const planes = (from.captured[index] ?? []).map((user, p) => ({
          user: { ...user, owner: from.ownerOf(index, p) },
          length: user.len,
          bytesused: payloads[p] ?? 0,
        }))
        this.log.must(queue.qbuf({ index, memory: 'USERPTR', timestamp: frame, planes }))
        return
      }
      default: {
        const own = frame % Math.max(1, to.given.length)
        this.copy(
          from,
          to,
          from.captured[index] ?? [],
          to.given[own] ?? [],
          index,
          (plane) => `${queue.name} buffer ${own} plane ${plane}`,
        )
        this.log.must(
          queue.qbuf({
            index: own,
            memory: 'MMAP',
            timestamp: frame,
            planes: payloads.map((bytesused) => ({ bytesused })),
          }),
        )
      }
    }
  }

  /** What a media framework gives as a plane's length: how much the dma-buf has. */
  private lengthOf(fd: number): number {
    return this.log.must(this.lab.dmaBuf.lseek(fd, 0, 'SEEK_END'))
  }

  /** The frame buffer that shows a picture, made when it is first needed, with the picture in it. */
  frameBuffer(display: DisplayPort, from: OpenStage, to: OpenStage, picture: Passing): number {
    const format = need(to.stage.takes)
    const own = to.hop === 'copy' ? picture.frame % 2 : picture.index
    let id = to.framebuffers.get(own)
    if (id === undefined) {
      const fds = to.hop === 'export' ? (from.fds[own] ?? []) : (to.ownFds[own] ?? to.makeOwnFrame(own, format))
      const made = display.addFramebuffer(fds, format)
      if (!made.ok && to.hop === 'export' && to.stage.fallsBack) {
        to.fallBack(made)
        return this.frameBuffer(display, from, to, picture)
      }
      id = this.log.must(made)
      to.framebuffers.set(own, id)
      to.buffers = to.framebuffers.size
    }
    if (to.hop === 'copy') this.copyToScreen(from, to, picture, own)
    return id
  }

  /** Bytes of a picture, in the producer's mapped buffer, that user space finds different. */
  compare(from: OpenStage, index: number): number {
    let wrong = 0
    for (const [plane, { payload }] of need(from.stage.makes).planes.entries()) {
      const mapping = from.captured[index]?.[plane]
      if (mapping === undefined) throw new Error('a reader needs the buffers mapped')
      wrong += this.lab.userCompare(mapping, payload, from.ownerOf(index, plane)).wrong
    }
    return wrong
  }

  /** What the sink was to import is read through its descriptors, between DMA_BUF_IOCTL_SYNC. */
  private copyToScreen(from: OpenStage, to: OpenStage, { index }: Passing, own: number): void {
    const exported = to.refused === null ? [] : (from.fds[index] ?? [])
    this.sync(exported, 'start')
    const source = to.refused === null ? (from.captured[index] ?? []) : this.mapAll(exported)
    const target = this.mapAll(to.ownFds[own] ?? [])
    this.copy(from, to, source, target, index, (plane) => to.frameBuffer(own, plane))
    this.sync(exported, 'end')
  }

  /** Models: GStreamer 1.22 gst-libs/gst/allocators/gstdmabuf.c: gst_dmabuf_mem_map */
  private sync(fds: readonly number[], phase: 'start' | 'end'): void {
    for (const fd of fds) this.log.must(this.lab.dmaBuf.syncIoctl(fd, phase, { read: true, write: false }))
  }

  private mapAll(fds: readonly number[]): UserMapping[] {
    return fds.map((fd) => {
      const dmabuf = this.log.must(this.lab.dmaBuf.get(fd))
      const mapping = this.lab.dmaBuf.mmap(dmabuf)
      if (mapping.ok) this.lab.dmaBuf.munmap(dmabuf)
      this.lab.dmaBuf.put(dmabuf)
      return this.log.must(mapping)
    })
  }

  /** memcpy of a picture, plane by plane. */
  private copy(
    from: OpenStage,
    to: OpenStage,
    source: readonly UserMapping[],
    target: readonly UserMapping[],
    index: number,
    owner: (plane: number) => string,
  ): void {
    for (const [plane, { payload }] of need(to.stage.takes).planes.entries()) {
      const [read, write] = [source[plane], target[plane]]
      if (read === undefined || write === undefined) throw new Error('a copy needs both sides mapped')
      this.lab.userCopy(write, read, payload, { from: from.ownerOf(index, plane), to: owner(plane) })
      to.copied += payload
    }
  }
}
