// One opened stage of a pipeline: its device's driver and what user space holds of its buffers.
import {
  type DeviceFacts,
  type Driver,
  type FrameFormat,
  InputError,
  type Lab,
  PAGE_SIZE,
  pfn,
  pfnOf,
  physOf,
  type UserMapping,
  type Vb2Queue,
} from '@dmalab/api'
import { kernelDriverOf } from '@dmalab/machine'
import { frameMemory } from './frame-memory.ts'
import type { Hop, Stage } from './pipeline-plan.ts'
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
  /** Pictures that were queued here and have not come back. */
  readonly taken: Passing[] = []
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
  /** A task's own memory, as it was allocated. */
  private readonly own: UserMapping[] = []
  /** Bytes of pictures that the CPU copied for it. */
  copied = 0
  /** Why its device refused the dma-bufs that it was to import; it has copied since. */
  refused: { readonly errno: string; readonly why: string } | null = null
  private readonly mapped: { readonly queue: Vb2Queue; readonly index: number; readonly plane: number }[] = []

  /** @throws InputError for a device without a driver model, or that cannot do the stage's work */
  constructor(lab: Lab, stage: Stage, log: StepLog) {
    this.lab = lab
    this.stage = stage
    this.log = log
    this.driver = null
    if (stage.device === null) return
    const device = lab.device(stage.device)
    this.driver = lab.open(device, undefined, stage.node ?? undefined)
    const lack = lackOf(stage, this.driver, device.facts)
    if (lack !== undefined)
      throw new InputError(
        `${stage.element} cannot work on ${device.name}: ${lack}`,
        {},
        `bind it with --bind ${stage.element}=DEVICE; ${lab.machine.name} has ${lab.machine.devices.map(({ name, class: kind }) => `${name} (${kind})`).join(', ')}`,
      )
  }

  /** How it gets its pictures, as things stand. */
  get hop(): Hop | null {
    return this.refused === null ? this.stage.hop : 'copy'
  }
  get output(): Vb2Queue | null {
    return TAKES.includes(this.stage.role) ? (this.driver?.output ?? null) : null
  }
  /** The queue that buffers are queued at and taken from; none where pictures are read. */
  get capture(): Vb2Queue | null {
    return GIVES.includes(this.stage.role) && !this.stage.reads ? (this.driver?.capture ?? null) : null
  }
  /** The queue that pictures are read from. */
  get readFrom(): Vb2Queue | null {
    return this.stage.reads ? (this.driver?.capture ?? null) : null
  }

  /** Whose memory a plane of a picture of this stage is, as the ledger of what was written knows it. */
  ownerOf(index: number, plane: number): string {
    return `${this.capture === null ? `${this.stage.label} picture` : `${this.capture.name} buffer`} ${index} plane ${plane}`
  }

  /** The queue, for a plan that says the device has it. */
  static must(queue: Vb2Queue | null): Vb2Queue {
    if (queue === null) throw new Error('the plan gives pictures to a device without that queue')
    return queue
  }

  /** EXPBUF of every plane of every buffer of a queue, into `fds`. */
  export(queue: Vb2Queue, count: number, planes: number, fds: number[][]): void {
    for (let index = 0; index < count; index++) {
      const ofBuffer: number[] = []
      // Kept as they come: what was opened is closed, also when the next one fails.
      fds.push(ofBuffer)
      for (let plane = 0; plane < planes; plane++) ofBuffer.push(this.log.must(queue.expbuf(index, plane)))
    }
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

  /** Buffers of a display's or a GPU's own, one a plane, with their fds: for copies into it, or for a queue that fills them. */
  makeOwnFrame(index: number, format: FrameFormat): number[] {
    if (this.stage.device === null) throw new Error('user space has no frame buffers')
    const device = this.lab.device(this.stage.device)
    const fds: number[] = []
    this.ownFds[index] = fds
    for (const [plane, { size }] of format.planes.entries()) {
      const owner = this.frameBuffer(index, plane)
      const dumb = this.log.must(frameMemory(this.lab, device, size, owner, this.stage.hop === 'import'))
      this.dumb.push(dumb)
      fds.push(this.log.must(dumb.export()))
    }
    return fds
  }

  /** Whose memory a buffer of its own is. */
  frameBuffer(index: number, plane: number): string {
    return `${this.stage.label} frame buffer ${index} plane ${plane}`
  }

  /** More memory of a task for pictures. As malloc gives it on a machine that has run for a while: no page follows the one before. */
  makeOwn(count: number, format: FrameFormat): void {
    const first = this.captured.length
    for (let index = first; index < first + count; index++)
      this.captured.push(
        format.planes.map(({ size }, plane) => {
          const run = this.log.must(this.lab.userAlloc(size, this.ownerOf(index, plane)))
          this.own.push(run)
          return scattered(run)
        }),
      )
    this.buffers = this.captured.length
  }

  /** From now on the CPU copies into buffers of its own. */
  fallBack(refused: { readonly errno: string; readonly why: string }): void {
    this.refused = refused
    this.dropFrameBuffers()
  }

  /** Frame buffers, mappings and everything the stage made itself. */
  letGo(): void {
    this.dropFrameBuffers()
    for (const { queue, index, plane } of this.mapped.splice(0)) queue.munmap(index, plane)
  }

  private dropFrameBuffers(): void {
    for (const id of this.framebuffers.values()) this.driver?.display?.removeFramebuffer(id)
    this.framebuffers.clear()
  }

  /** close(2) on every descriptor, and on dumb buffers. */
  closeFds(): void {
    for (const fd of [...this.fds.splice(0), ...this.ownFds.splice(0)].flat()) this.lab.dmaBuf.close(fd)
    for (const dumb of this.dumb.splice(0)) dumb.close()
    for (const run of this.own.splice(0)) this.lab.userFree(run)
  }
}

const TAKES: readonly Stage['role'][] = ['decoder', 'converter', 'output']
const GIVES: readonly Stage['role'][] = ['decoder', 'converter', 'source']
const CAMERAS: readonly DeviceFacts['class'][] = ['camera', 'isp']
const MEM2MEM: readonly DeviceFacts['class'][] = ['codec', 'converter', '2d', 'jpeg']

/** Why a device cannot do the work of a stage; undefined when it can. */
const lackOf = (stage: Stage, driver: Driver, facts: DeviceFacts): string | undefined => {
  // Of a driver that is known, binding has looked at what it offers; the class says it of others.
  const isKnown = kernelDriverOf(facts) !== undefined
  const is = (classes: typeof CAMERAS): boolean => !isKnown && classes.includes(facts.class)
  switch (stage.role) {
    case 'decoder':
    case 'converter':
      if (driver.output === null || driver.capture === null)
        return `class ${facts.class} does not turn pictures into pictures`
      return is(CAMERAS) ? `class ${facts.class} takes no pictures in` : undefined
    case 'source':
      if (driver.capture === null) return `class ${facts.class} has no capture queue`
      return is(MEM2MEM) ? `class ${facts.class} works from memory to memory and captures nothing` : undefined
    case 'output':
      if (driver.output === null) return `class ${facts.class} has no output queue`
      return is(MEM2MEM) ? `class ${facts.class} works from memory to memory and shows nothing` : undefined
    case 'display':
      return driver.display === null ? `class ${facts.class} shows nothing` : undefined
    case 'task':
      return undefined
  }
}

/** The pages of a run, last one first. */
const scattered = (run: UserMapping): UserMapping => {
  const first = pfnOf(run.phys)
  const pages = Array.from({ length: run.len / PAGE_SIZE }, (_, i) => pfn(first + run.len / PAGE_SIZE - 1 - i))
  return { ...run, phys: physOf(pages[0] ?? first), pages }
}
