// Single mappings of ordinary memory take a short way through cache maintenance; while single pages are listened to, all take the way of
// the architecture. Both leave the same: results, counters, page flags, bytes.
import { DIR, type Direction, type DmaAddr, type Lab, PAGE_SIZE, type Pfn, phys } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { isSimulatedOops, Memory } from '@dmalab/memory'
import { openLab, parseKernel } from '@dmalab/runner'
import { kitMachine } from '@dmalab/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const parts = await openLaboratory()

const open = (kernel: string): Lab => {
  const spec = parseKernel(kernel, parts.registry)
  return openLab(parts, { kernel: spec, machine: kitMachine(parts.registry.arches.get(spec.base.arch)) })
}

interface Call {
  /** Pages from the place, and bytes. */
  readonly page: number
  readonly offset: number
  readonly size: number
  readonly dir: Direction
  readonly dirty: boolean
}

const calls: fc.Arbitrary<Call> = fc.record({
  page: fc.integer({ min: -3, max: 3 }),
  offset: fc.nat(PAGE_SIZE - 1),
  size: fc.oneof(fc.integer({ min: 1, max: 3 * PAGE_SIZE }), fc.constantFrom(PAGE_SIZE, 2 * PAGE_SIZE)),
  dir: fc.constantFrom(DIR.BIDIRECTIONAL, DIR.TO_DEVICE, DIR.FROM_DEVICE),
  dirty: fc.boolean(),
})

/** Pages around which low memory, the linear map and memory itself begin and end. */
const edges = ({ machine, mem }: Lab): number[] => {
  if (!(mem instanceof Memory)) throw new Error('a laboratory has a Memory')
  const { linear, paged } = mem.layout
  const ends = [...machine.memory, ...machine.reserved, ...linear, ...paged].flatMap(({ base, len }) => [
    base,
    base + len,
  ])
  return [...new Set(ends)].map((at) => Math.floor(at / PAGE_SIZE))
}

const story = (lab: Lab, work: readonly (readonly [place: number, call: Call])[]): unknown => {
  const { mem } = lab
  if (!(mem instanceof Memory)) throw new Error('a laboratory has a Memory')
  const device = lab.device('plain')
  const places = edges(lab)
  return work.map(([place, { page, offset, size, dir, dirty }]) => {
    const pfn = ((places[place % places.length] ?? 0) + page) as Pfn
    const at = phys(pfn * PAGE_SIZE)
    if (pfn < 0) return 'below memory'
    try {
      if (dirty) mem.hot.fill('cpu', at, 2 * PAGE_SIZE, size)
      const mapped = lab.dma.mapPageAttrs(device, { kind: 'page', pfn }, offset, size, dir, 0)
      const address = mapped.ok ? mapped.value : (0 as DmaAddr)
      if (mapped.ok) {
        lab.dma.syncSingleForCpu(device, address, size, dir)
        lab.dma.syncSingleForDevice(device, address, size, dir)
        lab.dma.unmapPageAttrs(device, address, size, dir, 0)
      }
      const clean = [0, 1, 2, 3].map((n) => mem.hot.pageClean((pfn + n) as Pfn))
      return [mapped.ok, address, clean, mem.hot.checksum('memory', at, 4 * PAGE_SIZE), lab.cache.counters()]
    } catch (error) {
      if (isSimulatedOops(error)) return error.oops
      throw error
    }
  })
}

test.each(['arm@4.11', 'arm@6.12', 'arm64@6.12', 'riscv64@6.12', 'x86_64@6.12'])('%s', (kernel) => {
  const [short, long] = [open(kernel), open(kernel)]
  long.listen('page', () => {})
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(99), calls), { minLength: 1, maxLength: 12 }), (work) => {
      short.reset()
      long.reset()
      expect(story(short, work)).toEqual(story(long, work))
    }),
    { numRuns: 25, seed: 4 },
  )
})
