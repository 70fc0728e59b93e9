// The queues of a pipeline: opened, given buffers in the way of each hop, started, stopped and freed.
import type { Lab, RunOptions, V4l2Memory, Vb2Queue } from '@dmalab/api'
import { OpenStage } from './open-stage.ts'
import { inOnePiece, need, type PipelinePlan, RELEASE, stepName } from './pipeline-plan.ts'
import type { StepLog } from './step-log.ts'

const DONE = { ok: true, value: undefined } as const

export class MediaQueues {
  readonly stages: readonly OpenStage[]
  private readonly options: RunOptions
  private readonly log: StepLog

  /** Opens every device. @throws InputError for a device without a driver model, or that cannot do its stage's work */
  constructor(lab: Lab, plan: PipelinePlan, options: RunOptions, log: StepLog) {
    this.options = options
    this.log = log
    this.stages = plan.stages.map((stage) => new OpenStage(lab, stage, log))
  }

  /** S_FMT, REQBUFS, EXPBUF, mmap, STREAMON. */
  setUp(): void {
    for (const one of this.stages) this.setFormat(one)
    for (const one of this.stages) {
      this.setUpOutput(one)
      this.setUpCapture(one)
    }
    this.streamOn()
  }

  /** Everything given back, consumers first. */
  tearDown(): void {
    this.log.enter(RELEASE)
    this.streamOff()
    for (const one of this.stages.toReversed()) {
      one.letGo()
      // What others import from this queue goes with their descriptors, not with the queue.
      if (one.stage.hop !== 'import') this.freeQueue(one.output)
    }
    for (const one of this.stages.toReversed()) this.freeImports(one)
    for (const one of this.stages) one.closeFds()
    for (const one of this.stages) {
      this.freeQueue(one.output)
      this.freeQueue(one.capture)
      one.driver?.close()
    }
  }

  /** The task exits half-way: its files are closed, and the kernel gives back what they held. */
  abandon(): void {
    for (const one of this.stages.toReversed()) {
      one.letGo()
      one.driver?.close()
    }
    for (const one of this.stages) one.closeFds()
  }

  consumers(one: OpenStage): readonly OpenStage[] {
    const index = this.stages.indexOf(one)
    return this.stages.filter(({ stage }) => stage.from === index)
  }

  producer(one: OpenStage): OpenStage | undefined {
    return one.stage.from === null ? undefined : this.stages[one.stage.from]
  }

  queueCapture(one: OpenStage, index: number): void {
    const filled = this.consumers(one).find((consumer) => consumer.stage.hop === 'import')
    const capture = OpenStage.must(one.capture)
    if (filled === undefined && one.stage.fillsOwn) {
      const planes = (one.captured[index] ?? []).map((user, plane) => ({
        user: { ...user, owner: one.ownerOf(index, plane) },
        length: user.len,
      }))
      this.log.must(capture.qbuf({ index, memory: 'USERPTR', planes }))
    } else if (filled === undefined) this.log.must(capture.qbuf({ index, memory: 'MMAP' }))
    else {
      const planes = (filled.ownFds[index] ?? []).map((fd) => ({ fd }))
      this.log.must(capture.qbuf({ index, memory: 'DMABUF', planes }))
    }
  }

  streamOn(): void {
    for (const { output, capture } of this.stages) {
      this.log.must(output?.streamon() ?? DONE)
      this.log.must(capture?.streamon() ?? DONE)
    }
  }

  streamOff(): void {
    for (const { output, capture } of this.stages) {
      this.log.must(output?.streamoff() ?? DONE)
      this.log.must(capture?.streamoff() ?? DONE)
    }
  }

  private setFormat({ stage, driver }: OpenStage): void {
    const takes = stage.role === 'converter' || stage.role === 'output'
    const output = stage.role === 'decoder' || takes ? need(stage.takes) : null
    const makes = ['decoder', 'converter', 'source'].includes(stage.role)
    const made = makes ? (stage.makes ?? need(stage.takes)) : null
    this.log.must(driver?.setFormat(output, made !== null && stage.reads ? inOnePiece(made) : made) ?? DONE)
  }

  /** The queue that takes pictures in. Where its buffers are the producer's to fill, they must be there first. */
  private setUpOutput(one: OpenStage): void {
    const { stage, output } = one
    if (output === null || output.memory !== undefined) return
    const decoder = stage.role === 'decoder'
    this.log.enter(stepName.output(stage), stage.device ?? undefined)
    const memory = decoder ? 'MMAP' : OUTPUT_MEMORY[stage.hop ?? 'copy']
    const wanted = decoder ? 2 : stage.hop === 'copy' ? this.options.buffers : (this.producer(one)?.buffers ?? 0)
    const count = this.log.must(output.reqbufs(memory, wanted))
    this.log.detail(`${count} ${memory} buffers`)
    if (decoder) one.given = one.map(output, count, 1)
    if (stage.hop === 'copy') one.given = one.map(output, count, need(stage.takes).planes.length)
    if (stage.hop === 'import') one.export(output, count, need(stage.takes).planes.length, one.ownFds)
  }

  private setUpCapture(one: OpenStage): void {
    const { stage, capture } = one
    const consumers = this.consumers(one)
    if (stage.reads || stage.fillsOwn || (stage.role === 'task' && consumers.length > 0)) {
      this.log.enter(stepName.own(stage))
      one.makeOwn(this.options.buffers, stage.makes ?? need(stage.takes))
      this.log.detail(`${one.buffers} pictures of ${planeCount((stage.makes ?? need(stage.takes)).planes.length)}`)
    }
    if (capture === null) return
    const filled = consumers.find((consumer) => consumer.stage.hop === 'import')
    this.log.enter(stepName.capture(stage), stage.device ?? undefined)
    const memory: V4l2Memory = filled === undefined ? (stage.fillsOwn ? 'USERPTR' : 'MMAP') : 'DMABUF'
    const format = stage.makes ?? need(stage.takes)
    const planes = format.planes.length
    const count = this.log.must(capture.reqbufs(memory, this.options.buffers))
    // The queue may want more than were asked for.
    if (stage.fillsOwn && count > one.buffers) one.makeOwn(count - one.buffers, format)
    one.buffers = count
    this.log.detail(`${one.buffers} buffers of ${planeCount(planes)}`)
    if (filled !== undefined) this.offer(filled, one.buffers)
    if (consumers.some((consumer) => consumer.stage.hop === 'export')) {
      this.log.enter(stepName.export(stage), stage.device ?? undefined)
      one.export(capture, one.buffers, planes, one.fds)
      this.log.detail(`${one.fds.flat().length} dma-bufs`)
    }
    if (
      !stage.fillsOwn &&
      consumers.some(({ stage: { hop } }) => hop === 'copy' || hop === 'read' || hop === 'userptr')
    )
      one.captured = one.map(capture, one.buffers, planes)
    for (let index = 0; index < one.buffers; index++) this.queueCapture(one, index)
  }

  /** A consumer whose buffers the producer fills makes them now: one for each that the producer asked for. */
  private offer(consumer: OpenStage, count: number): void {
    if (consumer.stage.role === 'display')
      for (let index = 0; index < count; index++) consumer.makeOwnFrame(index, need(consumer.stage.takes))
    else this.setUpOutput(consumer)
  }

  private freeQueue(queue: Vb2Queue | null): void {
    if (queue?.memory !== undefined) this.log.must(queue.reqbufs(queue.memory, 0))
  }

  /** A CAPTURE queue that fills others' buffers lets go of them before those are freed. */
  private freeImports({ capture }: OpenStage): void {
    if (capture?.memory === 'DMABUF') this.freeQueue(capture)
  }
}

const OUTPUT_MEMORY: Readonly<Record<'export' | 'import' | 'userptr' | 'copy' | 'read', V4l2Memory>> = {
  export: 'DMABUF',
  import: 'MMAP',
  userptr: 'USERPTR',
  copy: 'MMAP',
  read: 'MMAP',
}

const planeCount = (planes: number): string => (planes === 1 ? '1 plane' : `${planes} planes`)
