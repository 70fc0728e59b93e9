// Random steps with one device on two buffers, a list of both, and coherent memory.
import type { ScenarioStep } from '@dmalab/api'
import fc from 'fast-check'

const stepsOf = (made: unknown): ScenarioStep[] => made as ScenarioStep[]

/** Memory to work with. */
export const firstSteps = (device: string): fc.Arbitrary<ScenarioStep[]> => {
  const size = fc.nat(60_000).map((n) => n + 1)
  return fc.tuple(size, size, size).map(([a, b, c]) =>
    stepsOf([
      { do: 'alloc', buffer: 'a', size: a, from: 'pages' },
      { do: 'alloc', buffer: 'b', size: b, from: 'pages' },
      { do: 'alloc', buffer: 'c', size: c, from: 'coherent', device, gfp: 'kernel' },
      { do: 'sg-table', buffer: 'list', of: ['b', { buffer: 'a', len: 1 }] },
    ]),
  )
}

/** Any order, sense or not: what is refused must leave no trace either. */
export const anySteps = (device: string): fc.Arbitrary<ScenarioStep[]> => {
  const buffer = fc.constantFrom('a', 'b', 'list', 'c')
  const dir = fc.constantFrom('TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL')
  const on = { buffer, device: fc.constant(device) }
  const step = fc.oneof(
    fc.record({ do: fc.constant('map'), ...on, dir }),
    fc.record({ do: fc.constant('unmap'), ...on }),
    fc.record({ do: fc.constant('sync'), ...on, for: fc.constantFrom('cpu', 'device'), dir }),
    fc.record({ do: fc.constantFrom('device-write', 'device-read'), ...on }),
    fc.record({ do: fc.constantFrom('cpu-write', 'cpu-read'), buffer }),
    fc.record({ do: fc.constant('alloc'), buffer, size: fc.constantFrom(100, 9000), from: fc.constant('pages') }),
    fc.record({ do: fc.constant('free'), buffer: fc.constantFrom('a', 'b') }),
  )
  return fc.array(step, { minLength: 4, maxLength: 30 }).map(stepsOf)
}
