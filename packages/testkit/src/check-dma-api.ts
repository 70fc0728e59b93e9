// Random legal use of the DMA API on one device: every byte is where the rules say, addresses are in reach and do not collide.
// The smallest use that breaks them comes back as a scenario file, which `dmalab run` replays.
import { type Event, type KResult, type Lab, type Machine, reaches, type ScenarioStep } from '@dmalab/api'
import { openLab, parseKernel, StepMachine } from '@dmalab/runner'
import fc from 'fast-check'
import { DmaApiModel, type Wish } from './dma-api-model.ts'
import { scenarioText } from './scenario-text.ts'
import { capsOf, type KernelUnderTest } from './under-test.ts'

export interface DmaApiUnderTest extends KernelUnderTest {
  readonly machine: Machine
  readonly device: string
  /** Sequences to try; 100 when absent. */
  readonly runs?: number
  readonly seed?: number
}

export interface DmaApiFailure {
  readonly message: string
  /** The shortest sequence found, and the same as the text of a scenario file. */
  readonly steps: readonly ScenarioStep[]
  readonly scenario: string
}

/** undefined when nothing broke. The same seed tries the same sequences. */
export const checkDmaApi = (under: DmaApiUnderTest): DmaApiFailure | undefined => {
  let last: { readonly steps: readonly ScenarioStep[]; readonly message: string } | undefined
  const property = fc.property(fc.commands(WISHES, { maxCommands: 60, size: 'max' }), (commands) => {
    const real = new Driven(under)
    try {
      fc.modelRun(() => ({ model: new DmaApiModel(under.device), real }), commands)
    } catch (e) {
      // Shrinking tries smaller and smaller ones: the last that fails is the smallest.
      last = { steps: real.trail, message: e instanceof Error ? e.message : String(e) }
      throw e
    }
  })
  const { failed } = fc.check(property, { numRuns: under.runs ?? 100, seed: under.seed ?? 1 })
  if (!failed || last === undefined) return undefined
  last = { ...last, steps: withoutNeedlessLooks(under, last.steps) }
  const { kernel, machine } = under
  const title = `${last.message.split('\n')[0] ?? ''} (found by checkDmaApi)`
  return { ...last, scenario: scenarioText({ title, board: machine.name, kernel, steps: last.steps }) }
}

/** Drops each look at a buffer without which it still goes wrong: reading is always allowed to be left out. */
const withoutNeedlessLooks = (under: DmaApiUnderTest, steps: readonly ScenarioStep[]): readonly ScenarioStep[] =>
  steps.reduceRight<readonly ScenarioStep[]>((kept, step, i) => {
    if (step.do !== 'cpu-read' && step.do !== 'device-read') return kept
    const without = kept.toSpliced(i, 1)
    return breaks(under, without) ? without : kept
  }, steps)

const breaks = (under: DmaApiUnderTest, steps: readonly ScenarioStep[]): boolean => {
  const real = new Driven(under)
  try {
    for (const step of steps) real.do(step)
    return false
  } catch {
    return true
  }
}

/** The laboratory, driven step by step, with what every step must leave true. */
class Driven {
  readonly trail: ScenarioStep[] = []
  private readonly under: DmaApiUnderTest
  private readonly lab: Lab
  private readonly machine: StepMachine
  private readonly translates: boolean
  private readonly mapped = new Map<string, readonly Segment[]>()
  private heard: Segment[] = []

  constructor(under: DmaApiUnderTest) {
    const { parts, machine } = under
    this.under = under
    this.lab = openLab(parts, { kernel: parseKernel(under.kernel, parts.registry), machine, seed: 1 })
    this.machine = new StepMachine(this.lab, 1)
    this.translates = capsOf(under, this.lab, this.lab.device(under.device)).translates
    this.lab.listen('op', (event) => this.heard.push(...segmentsOf(event)))
  }

  /** @throws Error that says which rule was broken */
  do(step: ScenarioStep): void {
    this.trail.push(step)
    this.heard = []
    const before = this.machine.wrong
    const done: KResult<string> = this.machine.do(step)
    if (!done.ok) throw new Error(`${step.do} answers ${done.errno}: ${done.why}`)
    if (this.machine.wrong > before) throw new Error(`${step.do} finds ${this.machine.wrong - before} wrong bytes`)
    if (step.do === 'map') this.checkMapping(step.buffer)
    if (step.do === 'unmap' && 'buffer' in step) this.mapped.delete(step.buffer)
  }

  private checkMapping(buffer: string): void {
    const { maskBits, facts } = this.lab.device(this.under.device)
    for (const { at, len } of this.heard)
      if (!reaches(maskBits, at as Parameters<typeof reaches>[1], len) || at + len - 1 > (facts.busLimit ?? Infinity))
        throw new Error(`map gives 0x${at.toString(16)}, which ${this.under.device} does not reach`)
    if (this.translates)
      for (const [other, segments] of this.mapped)
        if (segments.some((a) => this.heard.some((b) => a.at < b.at + b.len && b.at < a.at + a.len)))
          throw new Error(`map gives ${buffer} addresses that ${other} has`)
    this.mapped.set(buffer, this.heard)
  }
}

interface Segment {
  readonly at: number
  readonly len: number
}

const segmentsOf = (event: Event): Segment[] =>
  event.event === 'dma_map_sg' ? event.dmaAddrs.map((at, i) => ({ at, len: event.sizes[i] ?? 0 })) : []

class StepCommand implements fc.Command<DmaApiModel, Driven> {
  private readonly wish: Wish

  constructor(wish: Wish) {
    this.wish = wish
  }

  check(model: Readonly<DmaApiModel>): boolean {
    return model.step(this.wish) !== undefined
  }

  run(model: DmaApiModel, real: Driven): void {
    const step = model.step(this.wish)
    if (step === undefined) return
    real.do(step)
    model.apply(this.wish)
    // Whoever has the buffer now reads it at once.
    if (!('slot' in this.wish) || this.wish.do === 'free') return
    const { slot } = this.wish
    const look = model.step({ do: 'cpu-read', slot }) ?? model.step({ do: 'device-read', slot })
    if (look !== undefined) real.do(look)
  }

  toString(): string {
    return JSON.stringify(this.wish)
  }
}

const slot = fc.nat(7)
const dir = fc.constantFrom('TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL')
const wish = <T extends Wish>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<StepCommand> =>
  arbitrary.map((one) => new StepCommand(one))
const on = <Name extends Wish['do']>(name: Name) => ({ do: fc.constant(name), slot })

/** How often a wish of a kind is made beside the others: what leads on is wished for more often than what ends. */
const often = (times: number, one: fc.Arbitrary<StepCommand>): fc.Arbitrary<StepCommand>[] =>
  Array.from({ length: times }, () => one)
const size = fc.integer({ min: 1, max: 5 * 4096 })
const alloc = (from: 'pages' | 'coherent') =>
  wish(fc.record({ do: fc.constant('alloc' as const), from: fc.constant(from), size }))

const WISHES: fc.Arbitrary<StepCommand>[] = [
  ...often(3, alloc('pages')),
  ...often(1, alloc('coherent')),
  ...often(1, wish(fc.record(on('free')))),
  ...often(4, wish(fc.record({ ...on('map'), dir }))),
  ...often(2, wish(fc.record(on('unmap')))),
  ...often(3, wish(fc.record({ ...on('sync'), for: fc.constantFrom('cpu', 'device') }))),
  ...often(1, wish(fc.record(on('device-read')))),
  ...often(3, wish(fc.record({ ...on('device-write'), part: fc.nat(9) }))),
  ...often(1, wish(fc.record(on('cpu-read')))),
  ...often(2, wish(fc.record({ ...on('cpu-write'), part: fc.nat(9) }))),
]
