// A laboratory driven step by step, with what every step must leave true.
import {
  dma,
  type DmaOpsCaps,
  type Event,
  type KResult,
  type Lab,
  type Machine,
  reaches,
  type ScenarioStep,
} from '@dmalab/api'
import { type Experiment, openExperiment, parseKernel } from '@dmalab/runner'
import { capsOf, type KernelUnderTest } from './under-test.ts'

export interface DrivenMachine extends KernelUnderTest {
  readonly machine: Machine
  /** Evict and prefetch cache lines at any legal moment; `dmalab run --adversarial-cache` replays what that finds. */
  readonly adversarialCache?: boolean
}

interface Segment {
  readonly at: number
  readonly len: number
}

interface Mapped {
  readonly buffer: string
  readonly device: string
  readonly segments: readonly Segment[]
}

type MapStep = Extract<ScenarioStep, { readonly do: 'map' }>

export class DrivenLab {
  readonly trail: ScenarioStep[] = []
  private readonly under: DrivenMachine
  private readonly lab: Lab
  private readonly experiment: Experiment
  private mapped: readonly Mapped[] = []
  /** Lengths of the entries that each buffer or list has. */
  private readonly entries = new Map<string, readonly number[]>()
  private heard: Segment[] = []

  constructor(under: DrivenMachine) {
    const { parts, machine } = under
    this.under = under
    const kernel = parseKernel(under.kernel, parts.registry)
    const { adversarialCache = false } = under
    this.experiment = openExperiment(parts, { kernel, machine, seed: 1, adversarialCache })
    this.lab = this.experiment.lab
    this.lab.listen('op', (event) => this.heard.push(...segmentsOf(event)))
  }

  close(): void {
    this.lab.close()
  }

  /** @throws Error that says which rule was broken */
  do(step: ScenarioStep): void {
    this.trail.push(step)
    this.heard = []
    const before = this.experiment.wrong
    const done: KResult<string> = this.experiment.do(step)
    if (!done.ok) throw new Error(`${step.do} answers ${done.errno}: ${done.why}`)
    if (this.experiment.wrong > before)
      throw new Error(`${step.do} finds ${this.experiment.wrong - before} wrong bytes`)
    if (step.do === 'alloc') this.entries.set(step.buffer, [step.size])
    if (step.do === 'sg-table')
      this.entries.set(
        step.buffer,
        step.of.map((part) => this.lengthOf(part)),
      )
    if (step.do === 'map') this.checkMapping(step)
    if (step.do === 'unmap')
      this.mapped = this.mapped.filter(({ buffer, device }) => buffer !== step.buffer || device !== step.device)
  }

  private lengthOf(part: Extract<ScenarioStep, { readonly do: 'sg-table' }>['of'][number]): number {
    const name = typeof part === 'string' ? part : part.buffer
    const [all = 0] = this.entries.get(name) ?? []
    return typeof part === 'string' ? all : (part.len ?? all - (part.offset ?? 0))
  }

  private checkMapping({ buffer, device: name }: MapStep): void {
    const device = this.lab.device(name)
    const caps = capsOf(this.under, this.lab, device)
    const segments = this.heard
    for (const { at, len } of segments)
      if (!reaches(device.maskBits, dma(at), len) || at + len - 1 > (device.facts.busLimit ?? Infinity))
        throw new Error(`map gives 0x${at.toString(16)}, which ${name} does not reach`)
    checkSegments(segments, this.entries.get(buffer) ?? [], caps, device.facts.maxSegmentSize ?? 65536)
    if (caps.translates)
      for (const other of this.mapped)
        if (other.device === name && overlap(other.segments, segments))
          throw new Error(`map gives ${buffer} addresses that ${other.buffer} has`)
    this.mapped = [...this.mapped, { buffer, device: name, segments }]
  }
}

/** Segments hold what the entries do; only a table that merges makes fewer of them, none longer than the device takes. */
const checkSegments = (
  segments: readonly Segment[],
  entries: readonly number[],
  { mergesSegments }: DmaOpsCaps,
  longest: number,
): void => {
  const sum = (lengths: readonly number[]): number => lengths.reduce((total, len) => total + len, 0)
  const [given, got] = [sum(entries), sum(segments.map(({ len }) => len))]
  if (got !== given) throw new Error(`map gives segments of ${got} bytes for a list of ${given}`)
  if (segments.length > entries.length || (!mergesSegments && segments.length < entries.length))
    throw new Error(`map makes ${segments.length} segments of ${entries.length} entries`)
  const limit = Math.max(longest, ...entries)
  const tooLong = segments.find(({ len }) => len > limit)
  if (tooLong !== undefined) throw new Error(`map gives a segment of ${tooLong.len} bytes; the device takes ${limit}`)
}

const overlap = (some: readonly Segment[], others: readonly Segment[]): boolean =>
  some.some((a) => others.some((b) => a.at < b.at + b.len && b.at < a.at + a.len))

const segmentsOf = (event: Event): Segment[] =>
  event.event === 'dma_map_sg' ? event.dmaAddrs.map((at, i) => ({ at, len: event.sizes[i] ?? 0 })) : []
