// A board as text: what lies where, and what each DMA master gets.
import { type BoardDescription, bytes, hex, type MasterRow, type Range } from '@dmalab/api'
import { bold, cyan } from 'ansis'
import { COLUMNS, foldText } from '../fold.ts'
import { table } from '../table.ts'

/** `suggested`: a command to try on the board, or why there is none. */
export function boardText(board: BoardDescription, suggested: string, columns: number = COLUMNS): string {
  const map = board.map.map((row) => [
    hex(row.base),
    bytes(row.len),
    row.what,
    row.kind,
    row.structPage,
    row.linearMap,
    row.cpuMapping,
  ])
  const masters = board.masters.map((master) => [
    master.device,
    master.class,
    reachOf(master),
    iommuOf(master),
    master.coherent ? 'yes' : 'no',
    master.pools.join('\n'),
  ])
  const bindings = Object.entries(board.bindings).map(([factory, device]) => `  ${factory} -> ${device}`)
  const lines = [
    `${bold(board.title)} (${board.name}, ${board.arch}, ${bytes(board.memory)})`,
    `CPU: ${board.cpu}`,
    '',
    bold('Physical memory'),
    table(['from', 'size', 'what', 'kind', 'struct page', 'linear map', 'CPU sees it'], map, columns),
    ...board.assumed.map((what) => `assumed, as the board does not say: ${what}`),
    ...bootLines(board.boot, columns),
    '',
    bold('DMA masters'),
    masters.length === 0 ? 'none' : table(['device', 'class', 'reach', 'IOMMU', 'coherent', 'pools'], masters, columns),
    '',
    bold('Drivers'),
    ...driversOf(board.masters),
    ...disabledOf(board),
    '',
    bold('What that means'),
    ...meaningOf(board.masters),
    '',
    bold('Elements of a pipeline'),
    ...(bindings.length === 0 ? ['  none is bound; use --bind element=device'] : bindings),
    '',
    bold('A line to try'),
    `  ${suggested}`,
  ]
  return foldText(lines.join('\n'), columns)
}

/** Zones and pools of a kernel, by their kernel names. */
function bootLines(boot: BoardDescription['boot'], columns: number): string[] {
  if (boot === null) return []
  const place = ({ base, len }: Range): string => `${hex(base)} to ${hex(base + len - 1)} (${bytes(len)})`
  const { dmaZoneEnd, swiotlb, cma, atomicPools } = boot
  const pool =
    swiotlb === null ? 'none' : `${place(swiotlb)}, ${swiotlb.slots} slots${swiotlb.forced ? ', forced' : ''}`
  const rows = [
    ['ZONE_DMA', dmaZoneEnd === null ? 'none' : `to ${hex(dmaZoneEnd)}`],
    ['software IO TLB', pool],
    ['default CMA area', cma === null ? 'none' : place(cma)],
    ...atomicPools.map((one) => [`atomic pool, ${one.zone}`, place(one)]),
  ]
  const title = bold(`Memory for DMA under ${boot.kernel}, at boot`)
  return ['', title, table(['what', 'where'], rows, columns), ...boot.notes.map((note) => `note: ${note}`)]
}

/** What a pipeline might look for and not find. */
function disabledOf({ disabled }: BoardDescription): string[] {
  if (disabled.length === 0) return []
  const lines = disabled.map(
    ({ name, class: kind, by }) => `  ${name} (${kind})${by === undefined ? '' : `, by ${by}`}`,
  )
  return ['', bold('Disabled in the device tree'), ...lines]
}

/** Each driver once, with its devices and what it offers there. */
function driversOf(masters: readonly MasterRow[]): string[] {
  const words = ({ driver }: MasterRow): string =>
    driver === null ? '' : `${driver.name}: ${driver.offers.join('; ') || 'moves no pictures itself'}`
  const known = [...new Set(masters.map(words))].flatMap((line) =>
    line === ''
      ? []
      : [
          `  ${line}`,
          `    ${cyan(
            masters
              .filter((row) => words(row) === line)
              .map(({ device }) => device)
              .join(', '),
          )}`,
        ],
  )
  const unknown = masters.filter(({ driver, class: kind }) => driver === null && MEDIA.includes(kind))
  if (unknown.length === 0) return known.length === 0 ? ['  no device has a media driver'] : known
  return [...known, '  not known, only the class is:', `    ${cyan(unknown.map(({ device }) => device).join(', '))}`]
}

const MEDIA: readonly string[] = ['codec', 'converter', 'display', 'camera', 'isp', 'gpu', '2d', 'jpeg']

/** Each sentence once, with all devices that it is true of. */
function meaningOf(masters: readonly MasterRow[]): string[] {
  const sentences = [...new Set(masters.flatMap((master) => master.means))]
  return sentences.flatMap((sentence) => {
    const devices = masters.filter((master) => master.means.includes(sentence)).map((master) => master.device)
    return [`  ${sentence}`, `    ${cyan(devices.join(', '))}`]
  })
}

function reachOf({ maskBits, busLimit, windows, reach, memory, iommu }: MasterRow): string {
  const all = reach === memory || iommu?.enabled === true
  const offsets = windows.filter(({ cpu, bus }) => cpu !== bus)
  return [
    `${maskBits} bits: ${all ? 'all memory' : `${bytes(reach)} of ${bytes(memory)}`}`,
    ...(busLimit === undefined || busLimit >= 2 ** maskBits - 1 ? [] : [`bus to ${hex(busLimit)}`]),
    ...offsets.map(({ cpu, bus }) => `CPU ${hex(cpu)} = bus ${hex(bus)}`),
  ].join('\n')
}

const iommuOf = ({ iommu }: MasterRow): string =>
  iommu === undefined ? '-' : `${iommu.name}${iommu.enabled ? '' : '\n(off)'}`
