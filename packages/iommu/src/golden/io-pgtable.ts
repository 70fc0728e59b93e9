// Adapters for the page-table vectors: drive a page table with the operations of a case, hand back what it did.
import type { GoldenAdapter, GoldenCase } from '@dmalab/api'
import { type Gather, type IoEngine, LOG_TABLES, PageTable, type PageTableFormat } from '@dmalab/hot'
import { type IoPgtableShape, shapeOf, type TranslationControl } from '../index.ts'
import { freshHot } from './fresh-hot.ts'
import { hex, word } from './hex.ts'
import { TableNames } from './table-names.ts'

const adapter = (topic: string): GoldenAdapter => {
  const fresh = freshHot()
  return {
    topic,
    run(input, _context, file) {
      const { io } = fresh()
      return runCase(io, input, (file['meta'] as { selftest?: number } | undefined)?.selftest === 1)
    },
  }
}

export const ioPgtableAdapters: readonly GoldenAdapter[] = [
  adapter('io-pgtable-lpae'),
  adapter('io-pgtable-v7s'),
  adapter('io-pgtable-kernel-suite'),
]

function runCase(engine: IoEngine, input: GoldenCase, selftest: boolean): Record<string, unknown> {
  const shape = shapeOf({
    format: input['fmt'] as PageTableFormat,
    pageSizes: Number(input['pg']),
    ias: input['ias'] as number,
    oas: input['oas'] as number,
    quirks: input['q'] as number,
    coherentWalk: input['coh'] === 1,
  })
  if (shape === undefined) return { out: null }
  engine.logMask = LOG_TABLES
  const names = new TableNames()
  const table = new PageTable(engine, shape, { selftest })
  const events = (): unknown[] => names.events(engine.takeLog())
  const result: Record<string, unknown> = { out: configOut(shape), ev0: events() }
  result['r'] = (input['ops'] as unknown[][]).map((op) => operate(engine, table, op, events))
  result['pt'] = names.dump(table)
  table.close()
  result['evf'] = events()
  return result
}

function operate(engine: IoEngine, table: PageTable, op: readonly unknown[], events: () => unknown[]): unknown[] {
  const [kind, iova] = [op[0], word(op[1])]
  if (kind === 'p') return [hex(table.iovaToPhys(iova))]
  const head = ((): unknown[] => {
    if (kind === 'm') {
      const { ret, mapped } = table.mapPages(iova, word(op[2]), word(op[3]), op[4] as number, op[5] as number)
      return [ret, hex(BigInt(mapped))]
    }
    if (kind === 'u') return [hex(BigInt(table.unmapPages(iova, word(op[2]), op[3] as number, op[4] as Gather)))]
    if (kind === 'd') return [table.readDirty(iova, word(op[2]), op[3] === 1)]
    throw new Error(`unknown operation ${String(kind)}`)
  })()
  const seen = events()
  const warnings = engine.takeWarnings()
  if (warnings > 0) return [...head, seen, warnings]
  return seen.length > 0 ? [...head, seen] : head
}

function configOut(shape: IoPgtableShape): Record<string, unknown> {
  const { registers } = shape
  const pg = hex(shape.pageSizes)
  if (registers.kind === 'v7s')
    return {
      pg,
      ttbr_attr: hex(registers.ttbrAttr),
      tcr: registers.tcr,
      nmrr: hex(registers.nmrr),
      prrr: hex(registers.prrr),
    }
  const head = {
    pg,
    ias: shape.ias,
    oas: shape.oas,
    sl: shape.startLevel,
    bpl: shape.bitsPerLevel,
    pgdb: shape.pgdBits,
  }
  if (registers.kind === 's2') return { ...head, vtcr: fields(registers.vtcr, true) }
  return { ...head, tcr: fields(registers.tcr, false), mair: hex(registers.mair) }
}

const fields = ({ ps, tg, sh, orgn, irgn, sl, tsz }: TranslationControl, stage2: boolean): number[] =>
  stage2 ? [ps, tg, sh, orgn, irgn, sl, tsz] : [ps, tg, sh, orgn, irgn, tsz]
