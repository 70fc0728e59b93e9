// Random wishes of drivers, as the commands of a property test.
import fc from 'fast-check'
import type { DmaApiModel, Wish } from './dma-api-model.ts'
import type { DrivenLab } from './driven-lab.ts'

class StepCommand implements fc.Command<DmaApiModel, DrivenLab> {
  private readonly wish: Wish

  constructor(wish: Wish) {
    this.wish = wish
  }

  check(model: Readonly<DmaApiModel>): boolean {
    return model.plan(this.wish) !== undefined
  }

  run(model: DmaApiModel, lab: DrivenLab): void {
    const plan = model.plan(this.wish)
    if (plan === undefined) return
    lab.do(plan.step)
    for (const look of plan.done()) lab.do(look)
  }

  toString(): string {
    return JSON.stringify(this.wish)
  }
}

/** How often a wish of a kind is made beside the others: what leads on is wished for more often than what ends. */
const often = (times: number, wish: fc.Arbitrary<Wish>): fc.Arbitrary<StepCommand>[] =>
  Array.from({ length: times }, () => wish.map((one) => new StepCommand(one)))

const which = fc.nat(11)
const on = <Name extends Wish['do']>(name: Name) => ({ do: fc.constant(name), which })
const size = fc.integer({ min: 1, max: 5 * 4096 })
/** Whole pages make neighbours that a table may merge; a lead makes entries that begin inside a page. */
const piece = fc.record({
  lead: fc.constantFrom(0, 0, 0, 64, 512, 4032),
  size: fc.oneof(
    size,
    fc.integer({ min: 1, max: 3 }).map((pages) => pages * 4096),
  ),
})
const dir = fc.constantFrom('TO_DEVICE' as const, 'FROM_DEVICE' as const, 'BIDIRECTIONAL' as const)

export const WISHES: readonly fc.Arbitrary<StepCommand>[] = [
  ...often(
    3,
    fc.record({ do: fc.constant('alloc' as const), pieces: fc.array(piece, { minLength: 1, maxLength: 4 }) }),
  ),
  ...often(1, fc.record({ ...on('alloc-coherent' as const), size })),
  ...often(1, fc.record(on('free' as const))),
  ...often(3, fc.record({ do: fc.constant('list' as const), picks: fc.array(which, { minLength: 1, maxLength: 6 }) })),
  ...often(5, fc.record({ ...on('map' as const), device: fc.nat(5), dir })),
  ...often(2, fc.record(on('unmap' as const))),
  ...often(3, fc.record(on('sync' as const))),
  ...often(1, fc.record(on('device-read' as const))),
  ...often(3, fc.record({ ...on('device-write' as const), part: fc.nat(9) })),
  ...often(1, fc.record(on('cpu-read' as const))),
  ...often(2, fc.record({ ...on('cpu-write' as const), part: fc.nat(9) })),
]
