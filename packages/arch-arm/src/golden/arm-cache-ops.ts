// Vectors of the cache maintenance primitives that each operation of `arm` and `arm-coherent` calls.
import {
  type Direction,
  dma,
  type GoldenAdapter,
  type GoldenCase,
  type Lab,
  PAGE_SIZE,
  pfn,
  phys,
  physOf,
  type SgTable,
} from '@dmalab/api'
import { logged } from './log.ts'
import { armMachine, DEVICE } from './machine.ts'

type Entry = readonly [number, number, number]
/** A physical range, bytes. */
type Touched = readonly [number, number]

const num = (input: GoldenCase, field: string): number => input[field] as number
const args = (input: GoldenCase): readonly [number, number, number] => input['a'] as readonly [number, number, number]
const list = (input: GoldenCase): readonly Entry[] => input['a'] as readonly Entry[]

/** The memory that a case works on. */
const touched = (input: GoldenCase): readonly Touched[] => {
  const [first, second, third] = args(input)
  switch (input['op']) {
    case 'map_page':
      return [[first * PAGE_SIZE + second, third]]
    case 'clear_buffer':
      return [[first * PAGE_SIZE, second]]
    case 'unmap_page':
    case 'sync_cpu':
    case 'sync_dev':
      return [[first + num(input, 'off') * PAGE_SIZE, second]]
    default:
      return list(input).map(([page, offset, length]) => [page * PAGE_SIZE + offset, length])
  }
}

const pagesOf = ([at, len]: Touched): number[] => {
  const first = Math.floor(at / PAGE_SIZE)
  return Array.from({ length: Math.ceil((at + len) / PAGE_SIZE) - first }, (_, i) => first + i)
}

/** Behind low memory: bytes, mapped there. */
const BEHIND = 2 ** 20

const open = (input: GoldenCase, context: Parameters<GoldenAdapter['run']>[1]): Lab => {
  const highmemPfn = num(input, 'hm')
  const pages = touched(input).flatMap(pagesOf)
  const machine = armMachine({
    physOffset: num(input, 'po'),
    highmemPfn,
    endPfn: Math.max(highmemPfn + BEHIND / PAGE_SIZE, ...pages) + 1,
    dmaPfnOffset: num(input, 'off'),
    coherent: input['ops'] === 'coherent',
    aliasing: input['na'] === 0,
    vmallocBehindLowmem: true,
  })
  const lab = context.openLab({ kernel: 'arm@4.11', machine })
  // The hooks of the vectors cannot fault, so a range may run over the end of low memory: something is mapped there.
  const behind = lab.mem.remap(phys(highmemPfn * PAGE_SIZE), BEHIND, 'cached')
  if (!behind.ok) throw new Error(behind.why)
  if (input['km'] === 1)
    for (const page of new Set(pages.filter((p) => p >= highmemPfn))) {
      const mapped = lab.mem.kmap(pfn(page))
      if (!mapped.ok) throw new Error(mapped.why)
    }
  return lab
}

const tableOf = (lab: Lab, input: GoldenCase, mapped: boolean): SgTable =>
  lab.sgTable(
    list(input).map(([page, offset, length]) => ({
      page: { kind: 'page', pfn: pfn(page) },
      offset,
      length,
      ...(mapped ? { dmaAddress: dma((page - num(input, 'off')) * PAGE_SIZE + offset), dmaLength: length } : {}),
    })),
  )

type Outcome = Readonly<Record<string, unknown>>

const OPERATIONS: Readonly<Record<string, (lab: Lab, input: GoldenCase, dir: Direction) => Outcome>> = {
  map_page: (lab, input, dir) => {
    const [page, offset, size] = args(input)
    const of = { kind: 'page', pfn: pfn(page) } as const
    const mapped = lab.dma.mapPageAttrs(lab.device(DEVICE), of, offset, size, dir, num(input, 'at'))
    return { r: mapped.ok ? mapped.value : mapped.errno }
  },
  unmap_page: (lab, input, dir) => {
    const [handle, size] = args(input)
    lab.dma.unmapPageAttrs(lab.device(DEVICE), dma(handle), size, dir, num(input, 'at'))
    return {}
  },
  sync_cpu: (lab, input, dir) => {
    const [handle, size] = args(input)
    lab.dma.syncSingleForCpu(lab.device(DEVICE), dma(handle), size, dir)
    return {}
  },
  sync_dev: (lab, input, dir) => {
    const [handle, size] = args(input)
    lab.dma.syncSingleForDevice(lab.device(DEVICE), dma(handle), size, dir)
    return {}
  },
  map_sg: (lab, input, dir) => {
    const table = tableOf(lab, input, false)
    const mapped = lab.dma.mapSgAttrs(lab.device(DEVICE), table, dir, num(input, 'at'))
    const entries = table.entries().map((entry) => [entry.dmaAddress, entry.dmaLength])
    return { r: mapped.ok ? mapped.value : 0, dma: entries }
  },
  unmap_sg: (lab, input, dir) => {
    lab.dma.unmapSgAttrs(lab.device(DEVICE), tableOf(lab, input, true), dir, num(input, 'at'))
    return {}
  },
  sync_sg_cpu: (lab, input, dir) => {
    lab.dma.syncSgForCpu(lab.device(DEVICE), tableOf(lab, input, true), dir)
    return {}
  },
  sync_sg_dev: (lab, input, dir) => {
    lab.dma.syncSgForDevice(lab.device(DEVICE), tableOf(lab, input, true), dir)
    return {}
  },
  clear_buffer: (lab, input) => {
    const [page, size, coherent] = args(input)
    lab.host(lab.device(DEVICE)).arch.clearBuffer(physOf(pfn(page)), size, coherent === 1)
    return {}
  },
}

export const armCacheOps: GoldenAdapter = {
  topic: 'arm-cache-ops',
  run: (input, context) => {
    const operation = OPERATIONS[input['op'] as string]
    if (operation === undefined) throw new Error(`no operation '${String(input['op'])}'`)
    const lab = open(input, context)
    let outcome: Outcome = {}
    const log = logged(lab, () => {
      outcome = operation(lab, input, num(input, 'dir') as Direction)
    })
    return { log, ...outcome }
  },
}
