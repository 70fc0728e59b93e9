// Adapter for the SMMU vectors: structures, invalidation commands, and what faults make a kernel say.
import type { GoldenAdapter, GoldenCase } from '@dmalab/api'
import type { PageTableFormat } from '@dmalab/hot'
import {
  abortEntry,
  bitsOf,
  bypassEntry,
  contextDescriptor,
  contextFault,
  globalFault,
  handleEvents,
  type InvalidationTarget,
  invalidateRange,
  type IoPgtableShape,
  IotlbGather,
  type PageRequest,
  shapeOf,
  type SmmuCommand,
  stageOneEntry,
  stageTwoEntry,
  type Words,
} from '../index.ts'
import { hex } from './hex.ts'

export const smmuAdapter: GoldenAdapter = { topic: 'smmu', run: (input) => run(input) }

function run(c: GoldenCase): Record<string, unknown> {
  const number = (key: string): number => c[key] as number
  const flag = (key: string): boolean => c[key] === 1
  const big = (key: string): bigint => BigInt(c[key] as string)
  switch (c['k']) {
    case 'cd': {
      const shape = tables(c, 'ARM_64_LPAE_S1')
      return structure(contextDescriptor(shape, { ttb: big('ttb'), asid: number('asid'), stall: flag('stall') }))
    }
    case 's1ste':
      return structure(
        stageOneEntry({
          cdTable: big('cdtab'),
          s1Format: number('s1fmt'),
          cdMax: number('cdmax'),
          s1dss: number('s1dss'),
          stallCapable: flag('stallcap'),
          stall: flag('stall'),
          e2h: flag('e2h'),
          ats: flag('ats'),
          override: flag('ovr'),
        }),
      )
    case 's2ste': {
      const options = { ttb: big('ttb'), vmid: number('vmid'), stall: flag('stall'), ats: flag('ats') }
      return structure(stageTwoEntry(tables(c, 'ARM_64_LPAE_S2'), { ...options, override: flag('ovr') }))
    }
    case 'abort':
      return structure(abortEntry())
    case 'bypass':
      return structure(bypassEntry(flag('ovr')))
    case 'inv':
      return { cmds: invalidations(c) }
    case 'evt':
      return { out: events(c) }
    case 'ctx':
      return {
        out: contextFault({
          fsr: Number(c['fsr']),
          fsynr: Number(c['fsynr']),
          iova: big('iova'),
          sid: Number(c['sid']),
          cb: number('cb'),
        }),
      }
    case 'glob': {
      const [gfsr, gfsynr0, gfsynr1, gfsynr2] = ['gfsr', 's0', 's1', 's2'].map((key) => Number(c[key])) as [
        number,
        number,
        number,
        number,
      ]
      const lines = globalFault({ gfsr, gfsynr0, gfsynr1, gfsynr2 })
      return { handled: lines === undefined ? 0 : 1, out: lines ?? [] }
    }
    default:
      throw new Error(`unknown kind ${String(c['k'])}`)
  }
}

const structure = (words: Words): Record<string, unknown> => ({ w: words.map(hex) })

function tables(c: GoldenCase, format: PageTableFormat): IoPgtableShape {
  const shape = shapeOf({
    format,
    pageSizes: Number(c['pg']),
    ias: c['ias'] as number,
    oas: c['oas'] as number,
    quirks: (c['q'] as number | undefined) ?? 0,
    coherentWalk: c['coh'] === 1,
  })
  if (shape === undefined) throw new Error('the tables of this case are refused')
  return shape
}

function invalidations(c: GoldenCase): unknown[] {
  const target: InvalidationTarget = {
    stage: c['stage'] as 1 | 2,
    tag: c['tag'] as number,
    granule: bitsOf(Number(c['pg']))[0]!,
    ranges: c['ri'] === 1,
    e2h: c['e2h'] === 1,
  }
  const gather = new IotlbGather(target)
  const commands = (c['ops'] as [string, string, string, unknown][]).flatMap(([kind, iova, size, last]) =>
    kind === 'w'
      ? invalidateRange(target, BigInt(iova), BigInt(size), BigInt(last as string), false)
      : gather.addPages(BigInt(iova), BigInt(size), last as number),
  )
  return [...commands, ...gather.sync()].map((one: SmmuCommand) => (one === 'sync' ? one : one.map(hex)))
}

function events(c: GoldenCase): unknown[] {
  const records = (c['ev'] as string[][]).map((record) => record.map(BigInt))
  const out: unknown[] = []
  const report = ({ addr, ...rest }: PageRequest): number => {
    out.push({ ...rest, addr: hex(addr) })
    return c['rep'] as number
  }
  for (const [i, record] of records.entries()) {
    const last = i === records.length - 1
    const options = { known: () => c['known'] === 1, report }
    out.push(...handleEvents([record], last && c['ovf'] === 1, options))
  }
  return out
}
