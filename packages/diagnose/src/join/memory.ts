// What was asked for beside what there is: CMA areas, low memory, sizes in messages.
import { bytes, type Evidence, type Machine } from '@dmalab/api'
import { at, type Case } from '../facts/case-facts.ts'
import type { Said } from './reach.ts'

const MIB = 2 ** 20
const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: MIB, G: 2 ** 30 }

/** Bytes that a message of a failed allocation names. */
export const sizeIn = (text: string): number | undefined => {
  const pages = /req-size: (\d{1,9}) pages/.exec(text)?.[1]
  if (pages !== undefined) return Number(pages) * 4096
  const order = /\border:(\d{1,2})\b/.exec(text)?.[1]
  if (order !== undefined) return 4096 * 2 ** Number(order)
  const [, count, unit] = /\((\d{1,6}) ([KMG])iB\)/.exec(text) ?? []
  if (count !== undefined) return Number(count) * (UNITS[unit ?? ''] ?? 1)
  const size =
    /\b(?:sz:|size:?|of size|buffer with size|length|alloc(?:ate)?) ?=? ?(\d{3,12})\b|\((\d{3,12}) bytes\)|(\d{3,12}) bytes/.exec(
      text,
    )
  const value = size?.slice(1).find((group) => group !== undefined)
  return value === undefined ? undefined : Number(value)
}

interface Area {
  readonly bytes: number
  readonly evidence: Evidence
}

/** CMA as the inputs have it, the running kernel's own figures first. */
const cmaOf = (one: Case): Area | undefined => {
  if (one.cma !== undefined) return { bytes: one.cma.value, evidence: one.cma.evidence }
  for (const { file, report } of one.logs)
    for (const { id, text, lines } of report.messages) {
      const mib = id === 'cma-reserved' ? /\b(\d{1,6}) MiB/.exec(text)?.[1] : undefined
      if (mib !== undefined) return { bytes: Number(mib) * MIB, evidence: { file, line: lines[0] ?? null, text } }
    }
  // What the command line says takes the place of the tree's area.
  const [, count, unit = ''] = /(?:^|\s)cma=(\d{1,6})([KMGkmg]?)(?:[@\s]|$)/.exec(one.cmdline?.value ?? '') ?? []
  if (count !== undefined && one.cmdline !== undefined)
    return { bytes: Number(count) * (UNITS[unit.toUpperCase()] ?? 1), evidence: one.cmdline.evidence }
  const area = one.board?.machine.reserved.find((region) => region.default === 'cma')
  const guess = one.board?.machine.assumed?.some(({ fact }) => fact === 'cma') === true
  if (area === undefined || one.board === undefined || guess) return undefined
  return { bytes: area.len, evidence: { file: one.board.file, line: null, text: `${area.name}: ${bytes(area.len)}` } }
}

/** A request beside the CMA that there is. */
export const sayCma = (one: Case, size: number | undefined): Said => {
  const area = cmaOf(one)
  const free = one.figures.flatMap(({ file, bytes: all }) => {
    const place = all.get('CmaFree')
    return place === undefined ? [] : [{ value: place.value, evidence: at(file, place) }]
  })[0]
  if (area === undefined) return NOTHING
  const evidence = [area.evidence, ...(free === undefined ? [] : [free.evidence])]
  if (area.bytes === 0)
    return {
      what: ['this kernel has no CMA at all'],
      evidence,
      tries: ['cma=SIZE on the command line, or a linux,cma node'],
      decides: true,
    }
  if (size !== undefined && size > area.bytes)
    return {
      what: [
        `${mib(size)} are asked for, and all of CMA is ${mib(area.bytes)}: it cannot be had, however empty the area is`,
      ],
      evidence,
      tries: [`cma=${Math.ceil((size * 2) / MIB)}M or more: several such buffers must fit`],
      decides: true,
    }
  if (free !== undefined && size !== undefined && free.value < size)
    return {
      what: [
        `${mib(size)} are asked for, and ${mib(free.value)} of ${mib(area.bytes)} were free when the figures were taken: the area is used up`,
      ],
      evidence,
      tries: ['a larger area (cma=SIZE)', 'see who holds it: /sys/kernel/debug/dma_buf/bufinfo, /sys/kernel/debug/cma'],
      decides: true,
    }
  if (free !== undefined)
    return {
      what: [
        `${mib(free.value)} of ${mib(area.bytes)} of CMA were free when the figures were taken: in pieces, or pinned`,
      ],
      evidence,
      tries: [],
      decides: false,
    }
  return { what: [`CMA is ${mib(area.bytes)} in all`], evidence, tries: [], decides: false }
}

/** A default area that could not be made: beside the low memory that there is. */
export const sayReserve = (one: Case, text: string): Said => {
  const asked = /(\d{1,6}) MiB/.exec(text)?.[1]
  const machine = one.board?.machine
  if (machine === undefined || asked === undefined || one.board === undefined) return NOTHING
  const size = Number(asked) * MIB
  const [low, high] = [lowMemory(machine), machine.memory.reduce((sum, { len }) => sum + len, 0)]
  const evidence: Evidence[] = [
    {
      file: one.board.file,
      line: null,
      text: machine.memory.map(({ base, len }) => `${bytes(len)} at 0x${base.toString(16)}`).join(', '),
    },
    ...(one.cmdline === undefined ? [] : [one.cmdline.evidence]),
  ]
  const where = machine.layout.lowmemEnd === undefined ? 'below 4 GiB' : 'in low memory'
  const taken = machine.reserved
    .filter(({ base, default: by }) => by === undefined && base < low.end)
    .reduce((sum, { len }) => sum + len, 0)
  const beside = `${mib(low.bytes)} of the ${mib(high)} of RAM lie ${where}, and the kernel${taken > 0 ? ` and ${mib(taken)} of reserved regions` : ''} must fit there, too`
  return size >= low.bytes
    ? {
        what: [`${asked} MiB cannot be one piece there: ${beside}`],
        evidence,
        tries: [
          `cma=${Math.floor(low.bytes / MIB / 2)}M or less`,
          'an area above 4 GiB for devices that reach it: a reserved-memory node with reg or alloc-ranges',
        ],
        decides: true,
      }
    : { what: [beside], evidence, tries: [], decides: false }
}

const lowMemory = ({ memory, layout }: Machine): { readonly bytes: number; readonly end: number } => {
  const end = layout.lowmemEnd ?? 2 ** 32
  return { bytes: memory.reduce((sum, { base, len }) => sum + Math.max(0, Math.min(base + len, end) - base), 0), end }
}

const NOTHING: Said = { what: [], evidence: [], tries: [], decides: false }

const mib = (size: number): string => (size < MIB ? bytes(size) : `${Math.round((size / MIB) * 10) / 10} MiB`)
