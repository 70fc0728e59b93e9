// The media task: what a pipeline does in user space, ioctl by ioctl, on the opened devices.
// One picture at a time travels from stage to stage; buffers rotate as in a real pipeline, so the second round of each buffer is seen.
import {
  type Delivery,
  type Driver,
  InputError,
  type Lab,
  type RunOptions,
  type UserMapping,
  type Vb2Queue,
} from '@dmalab/api'
import { mixSeed } from './content-seed.ts'
import {
  bitstreamFormat,
  CODED_PICTURE,
  BITSTREAM_BUFFER,
  FRAMES,
  nv12,
  type PipelinePlan,
  RELEASE,
  type Stage,
  stepName,
} from './pipeline-plan.ts'
import type { StepLog } from './step-log.ts'

/** An opened stage with what user space holds of it. */
interface OpenStage {
  readonly stage: Stage
  readonly driver: Driver
  /** Buffers of its CAPTURE queue. */
  buffers: number
  /** dma-buf fds of its CAPTURE buffers, one a plane. */
  fds: number[][]
  /** User mappings of its OUTPUT buffers (decoder only). */
  coded: UserMapping[]
  /** Display: frame buffer made of each buffer of the stage before. */
  readonly framebuffers: Map<number, number>
  /** Display: buffer on the screen. */
  shown: number | undefined
}

export interface Tally {
  delivered: number
  intact: number
  /** Bytes that differed, by frame, over all consumers. */
  readonly wrong: Map<number, number>
}

export class MediaTask {
  private readonly lab: Lab
  private readonly plan: PipelinePlan
  private readonly options: RunOptions
  private readonly log: StepLog
  private readonly open: OpenStage[]
  readonly tally: Tally = { delivered: 0, intact: 0, wrong: new Map() }

  /** Opens every device. @throws InputError for a device without a driver model, or a plan that cannot be */
  constructor(lab: Lab, plan: PipelinePlan, options: RunOptions, log: StepLog) {
    this.lab = lab
    this.plan = plan
    this.options = options
    this.log = log
    this.open = plan.stages.map((stage) => ({
      stage,
      driver: lab.open(lab.device(stage.device)),
      buffers: 0,
      fds: [],
      coded: [],
      framebuffers: new Map<number, number>(),
      shown: undefined,
    }))
  }

  /** S_FMT, REQBUFS, EXPBUF, STREAMON. */
  setUp(): void {
    for (const [i, one] of this.open.entries()) this.setUpStage(one, this.open[i + 1])
    for (const { driver } of this.open) {
      this.log.must(driver.output?.streamon() ?? { ok: true, value: undefined })
      this.log.must(driver.capture?.streamon() ?? { ok: true, value: undefined })
    }
  }

  /** All pictures, one after the other. */
  stream(): void {
    const first = this.open[0]
    if (first === undefined) throw new Error('a plan has stages')
    for (let frame = 0; frame < this.options.frames; frame++) {
      this.feed(first, frame)
      this.pass(frame)
      this.tally.delivered++
      if ((this.tally.wrong.get(frame) ?? 0) === 0) this.tally.intact++
    }
    this.log.enter(FRAMES)
    const { delivered, intact } = this.tally
    if (intact === delivered) this.log.detail(`${intact} of ${this.options.frames} intact`)
    else this.log.wrong(`${intact} of ${delivered} intact`)
  }

  /** Everything given back, consumers first. */
  tearDown(): void {
    this.log.enter(RELEASE)
    for (const { driver } of this.open) {
      this.log.must(driver.output?.streamoff() ?? { ok: true, value: undefined })
      this.log.must(driver.capture?.streamoff() ?? { ok: true, value: undefined })
    }
    for (const one of this.open.toReversed()) {
      for (const id of one.framebuffers.values()) one.driver.display?.removeFramebuffer(id)
      if (one.driver.output !== null) {
        for (const index of one.coded.keys()) one.driver.output.munmap(index, 0)
        if (one.driver.output.memory !== undefined)
          this.log.must(one.driver.output.reqbufs(one.driver.output.memory, 0))
      }
    }
    for (const one of this.open) {
      for (const fd of one.fds.flat()) this.log.must(this.lab.dmaBuf.close(fd))
      if (one.driver.capture?.memory !== undefined)
        this.log.must(one.driver.capture.reqbufs(one.driver.capture.memory, 0))
      one.driver.close()
    }
  }

  /** The task exits half-way: its files are closed, and the kernel gives back what they held. */
  abandon(): void {
    for (const one of this.open.toReversed()) {
      for (const id of one.framebuffers.values()) one.driver.display?.removeFramebuffer(id)
      for (const index of one.coded.keys()) one.driver.output?.munmap(index, 0)
      one.driver.close()
    }
    for (const one of this.open) for (const fd of one.fds.flat()) this.lab.dmaBuf.close(fd)
  }

  /** Buffers and modes, for the report. */
  elements(): { element: string; device: string; buffers: number; mode: string; cpuBytesPerFrame: number }[] {
    return this.open.map(({ stage, buffers }) => ({
      element: stage.element,
      device: stage.device,
      buffers,
      mode: stage.role === 'display' ? `${stage.input} in` : `${stage.input} in, ${stage.output} out`,
      cpuBytesPerFrame: 0,
    }))
  }

  private setUpStage(one: OpenStage, next: OpenStage | undefined): void {
    const { stage, driver } = one
    const { log, options } = this
    const picture = nv12(options)
    const output = stage.role === 'decoder' ? bitstreamFormat(options) : stage.role === 'converter' ? picture : null
    log.must(driver.setFormat(output, stage.role === 'display' ? null : picture))
    if (driver.output !== null) {
      log.enter(stepName.output(stage), stage.device)
      const memory = stage.role === 'decoder' ? 'MMAP' : 'DMABUF'
      const count = log.must(driver.output.reqbufs(memory, stage.role === 'decoder' ? 2 : this.before(one).buffers))
      log.detail(`${count} ${memory} buffers`)
      if (stage.role === 'decoder')
        one.coded = Array.from({ length: count }, (_, i) => log.must(orRefuse(driver.output).mmap(i, 0)))
    }
    if (driver.capture === null) return
    log.enter(stepName.capture(stage), stage.device)
    one.buffers = log.must(driver.capture.reqbufs('MMAP', options.buffers))
    log.detail(`${one.buffers} buffers of ${picture.planes.length} planes`)
    if (next !== undefined) {
      log.enter(stepName.export(stage), stage.device)
      for (let index = 0; index < one.buffers; index++) {
        one.fds.push([])
        for (let plane = 0; plane < picture.planes.length; plane++)
          one.fds[index]?.push(log.must(driver.capture.expbuf(index, plane)))
      }
      log.detail(`${one.fds.flat().length} dma-bufs`)
    }
    for (let index = 0; index < one.buffers; index++) log.must(driver.capture.qbuf({ index, memory: 'MMAP' }))
  }

  private before(one: OpenStage): OpenStage {
    const found = this.open[this.open.indexOf(one) - 1]
    if (found === undefined) throw new InputError(`${one.stage.element} has nothing before it that gives it pictures`)
    return found
  }

  /** Hands one coded picture to a decoder. */
  private feed(first: OpenStage, frame: number): void {
    const queue = first.driver.output
    if (queue === null) return
    const index = frame % Math.max(1, first.coded.length)
    if (frame >= first.coded.length) this.log.must(queue.dqbuf())
    const mapping = first.coded[index]
    if (mapping === undefined) throw new Error('every OUTPUT buffer is mapped')
    const { content, len } = this.coded(frame)
    this.lab.userWrite(mapping, content, len, ownerOf(queue, index))
    this.log.must(queue.qbuf({ index, memory: 'MMAP', timestamp: frame, planes: [{ bytesused: len }] }))
  }

  private coded(frame: number): { content: Uint8Array | { seed: number }; len: number } {
    const { bitstream } = this.plan
    if (bitstream === null)
      return { content: { seed: mixSeed(this.options.seed, 'bitstream', frame) }, len: CODED_PICTURE }
    const share = Math.max(1, Math.min(BITSTREAM_BUFFER, Math.ceil(bitstream.length / this.options.frames)))
    const from = Math.min(frame * share, Math.max(0, bitstream.length - share))
    const content = bitstream.subarray(from, from + share)
    return { content, len: content.length }
  }

  /** Takes one picture through all stages. */
  private pass(frame: number): void {
    let index: number | undefined
    for (const [i, one] of this.open.entries()) {
      const before = this.open[i - 1]
      if (before !== undefined && index !== undefined) this.give(before, one, index, frame)
      if (one.driver.display !== null) return
      this.count(one.driver.work())
      if (one.driver.capture === null) return
      const done = this.log.must(one.driver.capture.dqbuf())
      if (before !== undefined && index !== undefined) this.takeBack(before, one)
      index = done.index
    }
    const last = this.open.at(-1)
    if (last !== undefined && index !== undefined)
      this.log.must(orRefuse(last.driver.capture).qbuf({ index, memory: 'MMAP' }))
  }

  /** Passes buffer `index` of `from` on to `to`. */
  private give(from: OpenStage, to: OpenStage, index: number, frame: number): void {
    const fds = from.fds[index] ?? []
    const { display, output } = to.driver
    if (display !== null) return this.show(from, to, index, frame, fds)
    this.log.enter(stepName.import(to.stage), to.stage.device)
    this.log.must(
      orRefuse(output).qbuf({ index, memory: 'DMABUF', timestamp: frame, planes: fds.map((fd) => ({ fd })) }),
    )
    this.log.detail('attached and mapped')
  }

  private show(from: OpenStage, to: OpenStage, index: number, frame: number, fds: readonly number[]): void {
    const { display } = to.driver
    if (display === null) return
    this.log.enter(stepName.import(to.stage), to.stage.device)
    let id = to.framebuffers.get(index)
    if (id === undefined) {
      id = this.log.must(display.addFramebuffer(fds, nv12(this.options)))
      to.framebuffers.set(index, id)
    }
    this.log.detail(`${to.framebuffers.size} frame buffers`)
    this.count([this.log.must(display.flip(id, frame))])
    // The picture before leaves the screen, and its buffer goes back.
    if (to.shown !== undefined) this.log.must(orRefuse(from.driver.capture).qbuf({ index: to.shown, memory: 'MMAP' }))
    to.shown = index
  }

  /** The consumer is done with a picture: its buffer goes back to the producer. */
  private takeBack(producer: OpenStage, consumer: OpenStage): void {
    const done = this.log.must(orRefuse(consumer.driver.output).dqbuf())
    this.log.must(orRefuse(producer.driver.capture).qbuf({ index: done.index, memory: 'MMAP' }))
  }

  private count(deliveries: readonly Delivery[]): void {
    for (const { frame, wrong } of deliveries) this.tally.wrong.set(frame, (this.tally.wrong.get(frame) ?? 0) + wrong)
  }
}

/** The owner string of an OUTPUT buffer's memory, as the queue names it. */
const ownerOf = (queue: Vb2Queue, index: number): string => `${queue.name} buffer ${index} plane 0`

const orRefuse = (queue: Vb2Queue | null): Vb2Queue => {
  if (queue === null) throw new Error('the plan gives pictures to a device without that queue')
  return queue
}
