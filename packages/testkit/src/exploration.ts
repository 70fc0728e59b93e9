// A small exploration of what is under test: what a suite of written tests did not think of.
import { type Defect, EXPLORE_BOUND, type ExploreBound, newDefects } from '@dmalab/api'
import { explore, EXPLORE_REQUEST } from '@dmalab/explore'
import { parseKernel } from '@dmalab/runner'
import { type KitDevice, kitMachine } from './kit-machine.ts'
import type { KernelUnderTest } from './under-test.ts'

/** For a slow machine. Milliseconds. */
export const LONGEST = 60_000

/** A second, not minutes. `dmalab explore` goes further. */
const BOUND: ExploreBound = { ...EXPLORE_BOUND, states: 12, configurations: 'single', walks: 0 }

/** What patches for sharing and for error paths go wrong in first. */
const PATCH_ONLY = [
  'pool=none',
  'memory=user',
  'importer=coherent',
  'importer=iommu',
  'importer=offset',
  'failing call=mapPage@importer:1',
  'failing call=sgAlloc:1',
  'failing call=sgAlloc:2',
  'failing call=pages:1',
]

/** Defects that the kernel below its last patch does not have, one line each, but for those of `known`: ids, or codes for all of a kind. */
export const exploredPatch = async (
  { parts, kernel }: KernelUnderTest,
  known: readonly string[],
): Promise<readonly string[]> => {
  const report = await explore(parts, { ...EXPLORE_REQUEST, kernel, bound: BOUND, only: PATCH_ONLY })
  return linesOf(newDefects(report).filter(({ id, code }) => !known.includes(id) && !known.includes(code)))
}

const TABLE_ONLY = ['memory=user', 'size=6000', 'failing call=mapPage@importer:1', 'failing call=sgAlloc:2']

/** Defects on the kit's machine with ordinary memory, the device in both parts. A correct table has none. */
export const exploredTable = async (under: KernelUnderTest, device: KitDevice): Promise<readonly string[]> => {
  const { parts, kernel, iommu } = under
  const machine = kitMachine(parts.registry.arches.get(parseKernel(kernel, parts.registry).base.arch), iommu)
  const other = device === 'snooping' ? 'plain' : 'snooping'
  const found: Defect[] = []
  for (const devices of [
    [device, other],
    [other, device],
  ]) {
    const request = {
      ...EXPLORE_REQUEST,
      kernel,
      board: { machine, devices },
      bound: { ...BOUND, states: 8 },
      only: TABLE_ONLY,
    }
    found.push(...(await explore(parts, request)).defects)
  }
  return linesOf(found)
}

const linesOf = (defects: readonly Defect[]): readonly string[] =>
  [...new Set(defects.map(({ id, message }) => `${id}: ${message}`))].toSorted()
