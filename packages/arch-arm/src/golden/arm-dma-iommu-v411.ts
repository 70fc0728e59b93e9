// Vectors of the v4.11 IOMMU operations: bus address space, chunks of a list, and what reaches domain and caches.
import {
  type DmaAddr,
  type Direction,
  dma,
  fail,
  type GoldenAdapter,
  type GoldenContext,
  hex,
  ok,
  pfnOf,
  phys,
  physOf,
  pluginApi,
  type SgTable,
  vectorNumber,
} from '@dmalab/api'
import { type ArmIommuParts, armIommuStreaming, IovaBitmaps, protOf } from '../index.ts'
import { armMachine } from './machine.ts'

type Hex = string
type Entry = readonly [Hex, Hex, Hex]
type Op =
  | readonly ['a', Hex]
  | readonly ['f', Hex, Hex]
  | readonly ['pg', Hex, Hex, Hex, Direction]
  | readonly ['pu', Hex, Hex]
  | readonly ['sg', Direction, 0 | 1, number, readonly Entry[]]
  | readonly ['su', number]

const SKIP_CPU_SYNC = pluginApi.ATTR.SKIP_CPU_SYNC
const page = (at: Hex) => ({ kind: 'page', pfn: pfnOf(phys(vectorNumber(at))) }) as const

/** Domain and caches that write down what is asked of them. */
class Recorder {
  events: unknown[] = []
  /** Call of `map` that fails, counted from 0; -1: none. */
  failAt = -1
  private maps = 0

  begin(failAt: number): void {
    this.events = []
    this.failAt = failAt
    this.maps = 0
  }

  parts(space: IovaBitmaps, maxSegment: number): ArmIommuParts {
    const cache =
      (kind: 'c' | 'i'): ArmIommuParts['caches']['cpuToDev'] =>
      (of, offset, size) => {
        if (of.kind === 'page') this.events.push([kind, hex(physOf(of.pfn, offset)), hex(size)])
      }
    return {
      code: 'v4.11',
      errorCode: 0xffff_ffff as DmaAddr,
      space,
      maxSegment,
      caches: { cpuToDev: cache('c'), devToCpu: cache('i') },
      mapper: {
        map: (at, to, len, prot) => {
          const fails = this.maps++ === this.failAt
          this.events.push([fails ? 'M' : 'm', hex(at), hex(to), hex(len), prot])
          return fails ? fail('ENOMEM', 'the vector says so') : ok(undefined)
        },
        unmap: (at, len) => {
          this.events.push(['u', hex(at), hex(len)])
        },
        toPhys: () => undefined,
      },
      pageToPhys: (of) => physOf(of.kind === 'page' ? of.pfn : pfnOf(phys(0))),
      physToPage: (at) => ({ kind: 'page', pfn: pfnOf(at) }),
      keptZero: () => {},
      bug: (what) => {
        throw new Error(what)
      },
    }
  }
}

const emptyLab = (context: GoldenContext) =>
  context.openLab({
    kernel: 'arm@4.11',
    machine: armMachine({ physOffset: 0, highmemPfn: 16384, endPfn: 16384, dmaPfnOffset: 0, coherent: true }),
  })

export const armDmaIommu: GoldenAdapter = {
  topic: 'arm-dma-iommu-v4.11',
  run: (input, context, file) => {
    const lab = emptyLab(context)
    const window = {
      base: vectorNumber(input['base']),
      size: vectorNumber(input['size']),
      alignment: input['align'] as number,
    }
    const created = IovaBitmaps.create(pluginApi, window)
    if (!created.ok) throw new Error(created.why)
    const space = created.value
    const recorder = new Recorder()
    const parts = recorder.parts(space, vectorNumber(input['max']))
    const ops = input['ops'] as readonly Op[]
    const lists = new Map<number, { table: SgTable; dir: Direction; coherent: boolean }>()
    const streaming = { 0: armIommuStreaming(pluginApi, parts, false), 1: armIommuStreaming(pluginApi, parts, true) }

    const perform = (op: Op, i: number): unknown[] => {
      recorder.begin(op[0] === 'sg' ? op[3] : -1)
      switch (op[0]) {
        case 'a': {
          const at = space.alloc(vectorNumber(op[1]))
          return [at === undefined ? null : hex(at)]
        }
        case 'f':
          space.free(dma(vectorNumber(op[1])), vectorNumber(op[2]))
          return [null]
        case 'pg': {
          const at = streaming[1].mapPage(page(op[1]), vectorNumber(op[2]), vectorNumber(op[3]), op[4], 0)
          return [at.ok ? hex(at.value) : null]
        }
        case 'pu':
          streaming[1].unmapPage(dma(vectorNumber(op[1])), vectorNumber(op[2]), 0, SKIP_CPU_SYNC)
          return [null]
        case 'sg': {
          const [, dir, coherent, , entries] = op
          const table = lab.sgTable(
            entries.map(([at, offset, length]) => ({
              page: page(at),
              offset: vectorNumber(offset),
              length: vectorNumber(length),
            })),
          )
          lists.set(i, { table, dir, coherent: coherent === 1 })
          const mapped = streaming[coherent].mapSg(table, entries.length, dir, 0)
          if (!mapped.ok) return [0]
          const segments = table.entries().slice(0, mapped.value)
          return [mapped.value, segments.map((one) => [hex(one.dmaAddress), hex(one.dmaLength)])]
        }
        case 'su': {
          const list = lists.get(op[1])
          if (list === undefined) throw new Error(`operation ${op[1]} mapped no list`)
          streaming[list.coherent ? 1 : 0].unmapSg(list.table, list.table.origNents, list.dir, 0)
          return [null]
        }
      }
    }

    const r = ops.map((op, i) => {
      const [value, ...segments] = perform(op, i)
      return [value, recorder.events, ...segments]
    })
    const used = space.used()
    const table = file['prot'] as readonly (readonly [Direction, Hex, number])[]
    for (const [dir, attrs, prot] of table)
      if (protOf(pluginApi, dir, vectorNumber(attrs)) !== prot)
        throw new Error(`prot of ${dir}, ${attrs} is not ${prot}`)
    return { r, bm: { bits: space.bits, ext: space.extensions }, end: { nbm: used.length, used } }
  },
}
