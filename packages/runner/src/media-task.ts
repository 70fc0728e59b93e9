// The media task: what a pipeline does in user space, ioctl by ioctl, on the opened devices.
// Pictures travel one after the other; buffers rotate as in a real pipeline, so the second round of each buffer is seen.
import {
  type ElementReport,
  type Finding,
  FINDINGS,
  type FrameFormat,
  type Lab,
  type RunOptions,
  type UserMapping,
  type Vb2Queue,
} from '@dmalab/api'
import { mixSeed } from './content-seed.ts'
import { HandOver } from './hand-over.ts'
import { MediaQueues } from './media-queues.ts'
import { OpenStage, type Passing } from './open-stage.ts'
import { FRAMES, need, type PipelinePlan, RESTART, stepName } from './pipeline-plan.ts'
import { PictureTally } from './picture-tally.ts'
import type { StepLog } from './step-log.ts'

export class MediaTask {
  private readonly lab: Lab
  private readonly plan: PipelinePlan
  private readonly options: RunOptions
  private readonly log: StepLog
  private readonly queues: MediaQueues
  private readonly handOver: HandOver
  /** How many consumers still hold a buffer of a stage: `stage:index`. */
  private readonly held = new Map<string, number>()
  private fed = 0
  readonly tally: PictureTally = new PictureTally()

  /** Opens every device. @throws InputError for a device without a driver model */
  constructor(lab: Lab, plan: PipelinePlan, options: RunOptions, log: StepLog) {
    this.lab = lab
    this.plan = plan
    this.options = options
    this.log = log
    this.queues = new MediaQueues(lab, plan, options, log)
    this.handOver = new HandOver(lab, log)
  }

  setUp(): void {
    this.queues.setUp()
  }

  tearDown(): void {
    this.queues.tearDown()
  }

  /** The task exits half-way. */
  abandon(): void {
    this.queues.abandon()
  }

  /** All pictures, one after the other, a piece each; stopped and started again before picture `restartAt`, when it is given. */
  *stream(restartAt?: number): Generator<void> {
    for (let frame = 0; frame < this.options.frames; frame++) {
      if (frame === restartAt) this.restart()
      this.makePicture(frame)
      yield
    }
    for (const one of this.queues.stages) this.drain(one, 0)
    this.log.enter(FRAMES)
    const { delivered, intact } = this.tally
    if (intact === delivered) this.log.detail(`${intact} of ${this.options.frames} intact`)
    else this.log.wrong(`${intact} of ${delivered} intact`)
  }

  /** Buffers, modes and copies, for the report. */
  elements(): ElementReport[] {
    return this.queues.stages.map(({ stage, hop, buffers, copied }) => ({
      element: stage.element,
      device: stage.device,
      buffers,
      mode: stage.worksByCpu ? 'CPU' : (hop ?? (stage.reads ? 'read' : FIRST_MODE[stage.role])),
      cpuBytesPerFrame: this.tally.delivered === 0 ? 0 : copied / this.tally.delivered,
    }))
  }

  /** What user space did instead of what the line meant. */
  findings(): Finding[] {
    return this.queues.stages.flatMap(({ stage: { element, device }, refused }) => {
      if (refused === null) return []
      const message = `${element}: ${device} refused the import with ${refused.errno}: ${refused.why}; ${element} copies every picture into buffers of its own`
      return [
        { code: 'import-copied', severity: FINDINGS['import-copied'].severity, message, device: device ?? element },
      ]
    })
  }

  /** Stop and start: every queue is emptied, every buffer queued again. */
  private restart(): void {
    for (const one of this.queues.stages) this.drain(one, 0)
    this.log.enter(RESTART)
    this.queues.streamOff()
    this.fed = 0
    this.held.clear()
    for (const one of this.queues.stages) {
      one.shown = undefined
      if (one.capture === null) continue
      for (let index = 0; index < one.buffers; index++) this.queues.queueCapture(one, index)
    }
    this.queues.streamOn()
    this.log.detail('stopped and started again')
  }

  private makePicture(frame: number): void {
    const first = this.queues.stages[0]
    if (first === undefined) throw new Error('a plan has stages')
    if (first.output !== null) this.feed(first, frame)
    this.workOn(first, frame)
  }

  /** Hands one coded picture to a decoder. */
  private feed(first: OpenStage, frame: number): void {
    const queue = OpenStage.must(first.output)
    const count = first.given.length
    const index = this.fed % Math.max(1, count)
    if (this.fed >= count) this.log.must(queue.dqbuf())
    const mapping = first.given[index]?.[0]
    if (mapping === undefined) throw new Error('every OUTPUT buffer is mapped')
    const { content, len } = this.coded(need(first.stage.takes), frame)
    this.lab.userWrite(mapping, content, len, `${queue.name} buffer ${index} plane 0`)
    this.log.must(queue.qbuf({ index, memory: 'MMAP', timestamp: frame, planes: [{ bytesused: len }] }))
    this.fed++
  }

  private coded(
    { planes: [room] }: FrameFormat,
    frame: number,
  ): { content: Uint8Array | { seed: number }; len: number } {
    const { bitstream } = this.plan
    if (bitstream === null)
      return { content: { seed: mixSeed(this.options.seed, 'bitstream', frame) }, len: room?.payload ?? 0 }
    const share = Math.max(1, Math.min(room?.size ?? 0, Math.ceil(bitstream.length / this.options.frames)))
    const from = Math.min(frame * share, Math.max(0, bitstream.length - share))
    const content = bitstream.subarray(from, from + share)
    return { content, len: content.length }
  }

  /** The device or task works; the picture it made goes to every consumer. */
  private workOn(one: OpenStage, frame: number): void {
    this.tally.count(one.driver?.work() ?? [])
    if (one.stage.role === 'output') return this.delivered(frame)
    const consumers = this.queues.consumers(one)
    const index =
      one.readFrom !== null
        ? this.read(one, one.readFrom)
        : one.capture === null
          ? this.paint(one, frame)
          : this.dequeue(one, one.capture)
    this.held.set(key(one, index), consumers.length)
    if (consumers.length === 0) {
      if (one.capture !== null) this.queues.queueCapture(one, index)
      this.delivered(frame)
    }
    for (const consumer of consumers) {
      consumer.waiting.push({ index, frame })
      // A queue may not hold so many pictures that the producer has no buffer left.
      this.drain(consumer, Math.min(consumer.stage.depth, Math.max(0, one.buffers - 2)))
    }
  }

  /** DQBUF of a picture. None can come while the consumers hold every buffer: a real pipeline would wait for ever. */
  private dequeue(one: OpenStage, capture: Vb2Queue): number {
    const done = capture.dqbuf()
    const held = Array.from({ length: one.buffers }, (_, index) => this.held.get(key(one, index)) ?? 0)
    if (done.ok || !held.every((users) => users > 0)) return this.log.must(done).index
    this.log.enter(FRAMES)
    const why = `the consumers of ${capture.name} hold all its ${one.buffers} buffer(s); it needs one more (--buffers)`
    return this.log.must<number>({ ...done, why })
  }

  /** A piece of a task's own memory that is not in use. */
  private freePicture(one: OpenStage): { readonly index: number; readonly mappings: readonly UserMapping[] } {
    const index = one.captured.findIndex((_, at) => (this.held.get(key(one, at)) ?? 0) === 0)
    const mappings = one.captured[index]
    if (mappings === undefined) throw new Error(`${one.stage.element} makes no pictures, or all of them are held`)
    return { index, mappings }
  }

  /** read(2) of a picture, plane after plane; it waits for the device. */
  private read(one: OpenStage, queue: Vb2Queue): number {
    const { index, mappings } = this.freePicture(one)
    for (const [plane, { payload }] of need(one.stage.makes).planes.entries()) {
      const mapping = mappings[plane]
      if (mapping === undefined) throw new Error('a picture has memory for each plane')
      const user = { ...mapping, owner: one.ownerOf(index, plane) }
      let moved = queue.readInto(user, payload)
      if (!moved.ok && moved.errno === 'EAGAIN') {
        this.tally.count(one.driver?.work() ?? [])
        moved = queue.readInto(user, payload)
      }
      one.copied += this.log.must(moved)
    }
    return index
  }

  /** A task makes a picture in a piece of its own memory that is not in use. */
  private paint(one: OpenStage, frame: number): number {
    const { index, mappings } = this.freePicture(one)
    for (const [plane, { payload }] of need(one.stage.makes).planes.entries()) {
      const mapping = mappings[plane]
      if (mapping === undefined) throw new Error('a picture has memory for each plane')
      const seed = mixSeed(this.options.seed, one.stage.element, frame, plane)
      this.lab.userWrite(mapping, { seed }, payload, one.ownerOf(index, plane))
      // What a task makes of pictures has gone through the CPU; what it makes up has not been copied.
      if (one.stage.from !== null) one.copied += payload
    }
    return index
  }

  /** Lets a consumer take pictures until no more than `left` wait. */
  private drain(consumer: OpenStage, left: number): void {
    while (consumer.waiting.length > left) {
      const picture = consumer.waiting.shift()
      const producer = this.queues.producer(consumer)
      if (picture !== undefined && producer !== undefined) this.take(producer, consumer, picture)
    }
  }

  private take(from: OpenStage, to: OpenStage, picture: Passing): void {
    this.log.enter(stepName.take(to.stage), to.stage.device ?? undefined)
    if (to.driver === null) return this.look(from, to, picture)
    if (to.stage.role === 'display') return this.show(from, to, picture)
    const queue = OpenStage.must(to.output)
    this.handOver.queueAt(queue, from, to, picture)
    this.workOn(to, picture.frame)
    to.taken.push(picture)
    this.giveBack(from, to, queue)
  }

  /**
   * A copy is done with the producer's buffer at once; the others when the device is. An output node keeps the picture that is on show
   * until the next one takes its place.
   */
  private giveBack(from: OpenStage, to: OpenStage, queue: Vb2Queue): void {
    const keeps = to.stage.role === 'output' ? 1 : 0
    while (to.taken.length > keeps) {
      this.log.must(queue.dqbuf())
      const back = to.taken.shift()
      if (back !== undefined) this.release(from, back.index)
    }
  }

  /** User space looks at a picture in the producer's mapped buffer, and makes its own of it where a consumer waits for one. */
  private look(from: OpenStage, to: OpenStage, { index, frame }: Passing): void {
    const wrong = this.handOver.compare(from, index)
    this.tally.count([{ frame, bytes: 0, wrong }])
    this.log.detail(`${to.stage.element} compared every byte`)
    this.release(from, index)
    if (this.queues.consumers(to).length > 0) this.workOn(to, frame)
    else this.delivered(frame)
  }

  private show(from: OpenStage, to: OpenStage, picture: Passing): void {
    const display = to.driver?.display
    if (display === undefined || display === null) throw new Error('only a display shows pictures')
    const id = this.handOver.frameBuffer(display, from, to, picture)
    this.log.detail(
      to.refused === null
        ? `${to.framebuffers.size} frame buffers`
        : `${to.refused.errno}: falls back to ${to.framebuffers.size} frame buffers of its own`,
    )
    this.tally.count([this.log.must(display.flip(id, picture.frame))])
    this.delivered(picture.frame)
    // The picture before leaves the screen, and its buffer goes back.
    if (to.shown !== undefined) this.release(from, to.shown.index)
    to.shown = to.hop === 'copy' ? undefined : picture
    if (to.hop === 'copy') this.release(from, picture.index)
  }

  /** One consumer is done with a buffer; the last one gives it back to the producer. */
  private release(producer: OpenStage, index: number): void {
    const left = (this.held.get(key(producer, index)) ?? 1) - 1
    this.held.set(key(producer, index), left)
    if (left === 0 && producer.capture !== null) this.queues.queueCapture(producer, index)
  }

  private delivered(frame: number): void {
    this.tally.arrived(frame, this.queues.stages.filter((one) => this.queues.consumers(one).length === 0).length)
  }
}

/** How the first stage gets its pictures, for the report. */
const FIRST_MODE: Readonly<Record<OpenStage['stage']['role'], string>> = {
  decoder: 'bitstream',
  source: 'capture',
  task: 'user',
  converter: 'none',
  display: 'none',
  output: 'none',
}

const key = (one: OpenStage, index: number): string => `${one.stage.element}:${index}`
