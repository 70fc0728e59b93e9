// Topic sg-ops: splitting, copying, iterating and chaining of scatterlists.
import {
  dma,
  flipBits,
  type GoldenAdapter,
  type GoldenCase,
  type GoldenContext,
  type Lab,
  PAGE_SIZE,
  pfn,
  physOf,
  type SgTable,
  u32,
} from '@dmalab/api'
import { chunkSizes } from '../index.ts'
import { openVectorLab } from './machine.ts'
import { list, num, nums, pageTriples, rows, status, whole } from './values.ts'

type Answer = Readonly<Record<string, unknown>>

/** A laboratory with the case's list in it. */
interface Rig {
  readonly lab: Lab
  readonly sg: ReturnType<Lab['host']>['sg']
  readonly table: SgTable
}

export const sgOps: GoldenAdapter = {
  topic: 'sg-ops',
  run(input, context) {
    const kind = String(input['k'])
    if (kind === 'chunks') return chunks(input)
    const run = KINDS[kind]
    if (run === undefined) throw new Error(`unknown kind ${kind}`)
    return run(input, rig(input, context))
  },
}

const rig = (input: GoldenCase, context: GoldenContext): Rig => {
  const lab = openVectorLab(context, { memory: [{ base: 0, len: 2 ** 25 }] })
  const mapped = rows(input['d'] ?? [])
  const table = lab.sgTable(
    rows(input['e']).map(([page, offset, length]) => ({
      page: { kind: 'page', pfn: pfn(whole(page)) },
      offset: whole(offset),
      length: whole(length),
    })),
  )
  for (const [i, [at, len]] of mapped.entries()) table.setDma(i, dma(num(at)), whole(len))
  return { lab, table, sg: lab.host(lab.device('device')).sg }
}

const chunks = (input: GoldenCase): Answer => {
  const entries = num(input['n'])
  const sizes = chunkSizes(entries, num(input['max']), num(input['first']))
  return sizes.ok ? { r: 0, alloc: sizes.value, nents: entries, orig: entries } : { r: status(sizes), alloc: [] }
}

const split = (input: GoldenCase, { sg, table }: Rig): Answer => {
  const mapped = input['d'] === undefined ? 0 : list(input['d']).length
  const done = sg.split(table, mapped, num(input['skip']), nums(input['sizes']))
  if (!done.ok) return { r: status(done) }
  const dmaPairs = (t: SgTable) =>
    t
      .entries()
      .slice(0, t.nents)
      .map((e) => [e.dmaAddress, e.dmaLength])
  return {
    r: 0,
    out: done.value.tables.map(pageTriples),
    ...(mapped === 0 ? {} : { outd: done.value.tables.map(dmaPairs) }),
    ...(done.value.miscounted ? { q: 1 } : {}),
  }
}

const copyToBuffer = (input: GoldenCase, { lab, sg, table }: Rig): Answer => {
  fillEntries(lab, table)
  const buffer = new Uint8Array(num(input['len'])).fill(0xee)
  const r = sg.copyToBuffer(table, { nents: num(input['nents']), skip: num(input['skip']) }, buffer)
  return { r, h: fnv1a(buffer) }
}

const copyFromBuffer = (input: GoldenCase, { lab, sg, table }: Rig): Answer => {
  fillEntries(lab, table)
  const buffer = Uint8Array.from({ length: num(input['len']) }, (_, i) => scrambled(i + 7))
  const r = sg.copyFromBuffer(table, { nents: num(input['nents']), skip: num(input['skip']) }, buffer)
  return { r, h: hashes(lab, table) }
}

const zero = (input: GoldenCase, { lab, sg, table }: Rig): Answer => {
  fillEntries(lab, table)
  const r = sg.zeroBuffer(table, { nents: num(input['nents']), skip: num(input['skip']) }, num(input['len']))
  return { r, h: hashes(lab, table) }
}

const pages = (input: GoldenCase, { sg, table }: Rig): Answer => ({
  r: [...sg.pages(table, num(input['nents']), num(input['pgoff']))].map(({ entry, page }) =>
    entry.page.kind === 'page' ? entry.page.pfn + page : -1,
  ),
})

const dmaPages = (input: GoldenCase, { sg, table }: Rig): Answer => ({
  r: [...sg.dmaPages(table, num(input['nents']), num(input['pgoff']))],
})

/** The consumer takes as much of each offer as the case says. */
const miter = (input: GoldenCase, { sg, table }: Rig): Answer => {
  const iterator = sg.miter(table, num(input['nents']))
  const sk = Number(iterator.skip(num(input['skip'])))
  const consumed = rows(input['steps']).map((step) => num(step[3]))
  const steps: number[][] = []
  while (sk === 1 && steps.length < num(input['lim'])) {
    const offer = iterator.next()
    if (offer === null) break
    const taken = consumed[steps.length] ?? offer.length
    const first = offer.entry.page.kind === 'page' ? offer.entry.page.pfn : -1
    steps.push([first + offer.page, offer.offset, offer.length, taken])
    iterator.consume(taken)
  }
  return { sk, steps }
}

const nentsForLen = (input: GoldenCase, { sg, table }: Rig): Answer => {
  const r = sg.nentsForLen(table, num(input['len']))
  return { r: r.ok ? r.value : status(r), nents: table.nents }
}

const KINDS: Readonly<Record<string, (input: GoldenCase, rig: Rig) => Answer>> = {
  split,
  pcopy_to: copyToBuffer,
  pcopy_from: copyFromBuffer,
  zero,
  pages,
  dmapages: dmaPages,
  miter,
  nents_for_len: nentsForLen,
}

/** Bits 13..20 of at * 2654435761: the low 21 bits of the factors decide them, so numbers stay exact. */
const scrambled = (at: number): number => {
  const product = (at % 2 ** 21) * (2_654_435_761 % 2 ** 21)
  return Math.floor(product / 2 ** 13) % 256
}

const rangeOf = (table: SgTable, index: number) => {
  const { page, offset, length } = table.entry(index)
  return { at: dma(page.kind === 'page' ? physOf(page.pfn, offset) : 0), len: length }
}

/** Every byte of the entries, and the pages around them, as the format says memory looks. */
const fillEntries = (lab: Lab, table: SgTable): void => {
  const bus = lab.bus(lab.device('device'))
  for (let i = 0; i < table.origNents; i++) {
    const { at, len } = rangeOf(table, i)
    const start = at - (at % PAGE_SIZE)
    const content = Uint8Array.from({ length: at + len - start }, (_, b) => scrambled(start + b))
    bus.write({ at: dma(start), len: content.length }, content)
  }
}

const hashes = (lab: Lab, table: SgTable): readonly number[] => {
  const bus = lab.bus(lab.device('device'))
  return Array.from({ length: table.origNents }, (_, i) => fnv1a(bus.fetch(rangeOf(table, i))))
}

/** FNV-1a, 32 bits. */
const fnv1a = (bytes: Uint8Array): number => {
  let hash = 2_166_136_261
  for (const byte of bytes) hash = Math.imul(flipBits(hash, byte), 16_777_619)
  return u32(hash)
}
