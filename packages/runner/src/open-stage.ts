// One opened stage of a pipeline: its device's driver and what user space holds of its buffers.
import type { Driver, FrameFormat, Lab, UserMapping, Vb2Queue } from '@dmalab/api'
import { createDumbBuffer } from '@dmalab/dma-buf'
import type { Stage } from './pipeline-plan.ts'
import type { StepLog } from './step-log.ts'

/** A picture on its way: which buffer of the producer holds it. */
export interface Passing {
  readonly index: number
  readonly frame: number
}

export class OpenStage {
  readonly stage: Stage
  readonly driver: Driver | null
  private readonly lab: Lab
  private readonly log: StepLog
  /** Buffers of its CAPTURE queue. */
  buffers = 0
  /** dma-buf fds of its CAPTURE buffers, one a plane. */
  fds: number[][] = []
  /** dma-buf fds of buffers of its own that the stage before fills (hop `import`). */
  ownFds: number[][] = []
  /** User mappings of its CAPTURE buffers, and of its OUTPUT buffers: one a plane. */
  captured: UserMapping[][] = []
  given: UserMapping[][] = []
  /** Display: frame buffers by buffer of the stage before, or by buffer of its own. */
  readonly framebuffers: Map<number, number> = new Map()
  /** Display: what is on the screen. */
  shown: Passing | undefined
  /** Pictures that wait before it. */
  readonly waiting: Passing[] = []
  private readonly dumb: { close(): void }[] = []
  /** Bytes of pictures that the CPU copied for it. */
  copied = 0
  private readonly mapped: { readonly queue: Vb2Queue; readonly index: number; readonly plane: number }[] = []

  constructor(lab: Lab, stage: Stage, log: StepLog) {
    this.lab = lab
    this.stage = stage
    this.log = log
    this.driver = stage.device === null ? null : lab.open(lab.device(stage.device))
  }

  get output(): Vb2Queue | null {
    return this.driver?.output ?? null
  }
  get capture(): Vb2Queue | null {
    return this.driver?.capture ?? null
  }

  /** The queue, for a plan that says the device has it. */
  static must(queue: Vb2Queue | null): Vb2Queue {
    if (queue === null) throw new Error('the plan gives pictures to a device without that queue')
    return queue
  }

  /** EXPBUF of every plane of every buffer of a queue. */
  export(queue: Vb2Queue, count: number, planes: number): number[][] {
    return Array.from({ length: count }, (_, index) =>
      Array.from({ length: planes }, (_unused, plane) => this.log.must(queue.expbuf(index, plane))),
    )
  }

  /** mmap of every plane of every buffer of a queue. */
  map(queue: Vb2Queue, count: number, planes: number): UserMapping[][] {
    return Array.from({ length: count }, (_, index) =>
      Array.from({ length: planes }, (_unused, plane) => {
        const mapping = this.log.must(queue.mmap(index, plane))
        this.mapped.push({ queue, index, plane })
        return mapping
      }),
    )
  }

  /** Dumb buffers of a display, one a plane, with their fds: for copies into it, or for a queue that fills them. */
  makeDumb(index: number, format: FrameFormat): number[] {
    if (this.stage.device === null) throw new Error('user space has no dumb buffers')
    const device = this.lab.device(this.stage.device)
    const fds = format.planes.map(({ size }, plane) => {
      const owner = `${device.name} frame buffer ${index} plane ${plane}`
      const dumb = this.log.must(createDumbBuffer(this.lab.allocatorHost, device, size, owner))
      this.dumb.push(dumb)
      return this.log.must(dumb.export())
    })
    this.ownFds[index] = fds
    return fds
  }

  /** Frame buffers, mappings and everything the stage made itself. */
  letGo(): void {
    for (const id of this.framebuffers.values()) this.driver?.display?.removeFramebuffer(id)
    this.framebuffers.clear()
    for (const { queue, index, plane } of this.mapped.splice(0)) queue.munmap(index, plane)
  }

  /** close(2) on every descriptor, and on dumb buffers. */
  closeFds(): void {
    for (const fd of [...this.fds.splice(0), ...this.ownFds.splice(0)].flat()) this.lab.dmaBuf.close(fd)
    for (const dumb of this.dumb.splice(0)) dumb.close()
  }
}
