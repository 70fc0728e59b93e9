// Vectors of the 2017 RFC's functions next to the unpatched ones.
import {
  type Direction,
  dma,
  type GoldenAdapter,
  type GoldenCase,
  type Lab,
  negative,
  PAGE_SIZE,
  pfn,
  type SgTable,
  vaddr,
} from '@dmalab/api'
import { logged } from './log.ts'
import { armMachine, DEVICE } from './machine.ts'

/** Kernel of each version that the vectors compare. */
const KERNEL: Readonly<Record<string, string>> = {
  rfc: 'arm@4.11+nopage-rfc',
  stock: 'arm@4.11+pfn-valid',
  old: 'arm@4.11',
}
const NOPAGE = 1024

/** `[pfn, offset, length]`, or `["n", handle, length]` for a tagged entry without a page. */
type VectorEntry = readonly [number | 'n', number, number]

const num = (input: GoldenCase, field: string): number => input[field] as number

const checkDevCoherent: GoldenAdapter['run'] = (input, context) => {
  const pool = input['pool'] as { virt: number; dev: number; pages: number } | null
  // RAM lies where the pool does not.
  const physOffset = pool !== null && pool.dev < 2 ** 31 ? 2 ** 31 + 2 ** 30 : 0
  const endPfn = physOffset / PAGE_SIZE + 4096
  const machine = armMachine({
    physOffset,
    highmemPfn: endPfn,
    endPfn,
    dmaPfnOffset: 0,
    coherent: false,
    ...(pool === null ? {} : { pool: { base: pool.dev, len: pool.pages * PAGE_SIZE, virt: pool.virt } }),
  })
  const lab = context.openLab({ kernel: 'arm@4.11+nopage-rfc', machine })
  const device = lab.device(DEVICE)
  const check = lab.host(device).exports['dma_check_dev_coherent'] as (...args: unknown[]) => boolean
  return { r: check(device, dma(num(input, 'h')), vaddr(BigInt(num(input, 'va')))) ? 1 : 0 }
}

const open = (input: GoldenCase, openLab: (kernel: string) => Lab): Lab =>
  openLab(KERNEL[(input['v'] as string | undefined) ?? 'rfc'] ?? 'arm@4.11+nopage-rfc')

const machineOf = (input: GoldenCase) =>
  armMachine({
    physOffset: num(input, 'po'),
    highmemPfn: num(input, 'hm'),
    endPfn: num(input, 'end'),
    dmaPfnOffset: num(input, 'off'),
    coherent: input['ops'] === 'coherent',
  })

const getSgtable: GoldenAdapter['run'] = (input, context) => {
  const lab = open(input, (kernel) => context.openLab({ kernel, machine: machineOf(input) }))
  const cpuAddr = vaddr(BigInt(num(input, 'va')))
  const table = lab.dma.getSgtableAttrs(
    lab.device(DEVICE),
    cpuAddr,
    dma(num(input, 'h')),
    num(input, 'size'),
    num(input, 'at'),
  )
  if (!table.ok) return { r: negative(table.errno) }
  const entry = table.value.entry(0)
  const { page } = entry
  return {
    r: 0,
    page: page.kind === 'page' ? page.pfn : page.kind === 'vaddr' && page.at === cpuAddr ? 'va' : page.kind,
    valid: page.kind === 'page' ? (lab.mem.pfnValid(page.pfn) ? 1 : 0) : undefined,
    len: entry.length,
    o: entry.offset,
    dma: entry.dmaAddress,
    dattr: entry.attrs,
  }
}

/** The list of a case, with bus addresses where the operation needs a mapped one. */
const listOf = (lab: Lab, input: GoldenCase, mapped: boolean): SgTable => {
  const entries = input['e'] as readonly VectorEntry[]
  const off = num(input, 'off')
  return lab.sgTable(
    entries.map(([page, at, length]) => {
      if (page === 'n')
        return {
          page: { kind: 'vaddr', at: vaddr(0xf080_0000n) },
          offset: 0,
          length,
          attrs: NOPAGE,
          dmaAddress: dma(at),
          dmaLength: length,
        }
      const whole = { page: { kind: 'page', pfn: pfn(page) }, offset: at, length } as const
      return mapped ? { ...whole, dmaAddress: dma((page - off) * PAGE_SIZE + at), dmaLength: length } : whole
    }),
  )
}

const listOperation =
  (
    mapped: boolean,
    operation: (lab: Lab, table: SgTable, dir: Direction, attrs: number) => unknown,
  ): GoldenAdapter['run'] =>
  (input, context) => {
    const lab = context.openLab({ kernel: 'arm@4.11+nopage-rfc', machine: machineOf(input) })
    const table = listOf(lab, input, mapped)
    let result: unknown
    const log = logged(lab, () => {
      result = operation(lab, table, num(input, 'dir') as Direction, num(input, 'at'))
    })
    if (mapped) return { log }
    return { log, r: result, dma: table.entries().map((entry) => [entry.dmaAddress, entry.dmaLength]) }
  }

const device = (lab: Lab) => lab.device(DEVICE)
const KINDS: Readonly<Record<string, GoldenAdapter['run']>> = {
  check: checkDevCoherent,
  get_sgtable: getSgtable,
  map_sg: listOperation(false, (lab, table, dir, attrs) => {
    const mapped = lab.dma.mapSgAttrs(device(lab), table, dir, attrs)
    return mapped.ok ? mapped.value : 0
  }),
  unmap_sg: listOperation(true, (lab, table, dir, attrs) => lab.dma.unmapSgAttrs(device(lab), table, dir, attrs)),
  sync_sg_cpu: listOperation(true, (lab, table, dir) => lab.dma.syncSgForCpu(device(lab), table, dir)),
  sync_sg_dev: listOperation(true, (lab, table, dir) => lab.dma.syncSgForDevice(device(lab), table, dir)),
}

export const armRfc: GoldenAdapter = {
  topic: 'arm-rfc',
  run: (input, context, file) => {
    const run = KINDS[input['k'] as string]
    if (run === undefined) throw new Error(`no operation '${String(input['k'])}'`)
    return run(input, context, file)
  },
}
