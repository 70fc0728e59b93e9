// Boards as text: tables for a terminal. All that is said is computed in @dmalab/machine.
import { bytes, hex } from '@dmalab/api'
import type { BoardDescription, DmaFacts, LintFinding, MasterRow } from '@dmalab/machine'
import { bold, cyan, dim, red, yellow } from 'ansis'
import Table from 'cli-table3'

/** cli-table3 colours heads and borders even where NO_COLOR is set, unless told not to. No lines between rows. */
const STYLE = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
}

/** cli-table3 takes time with the square of the rows; no board has so many. */
const MOST_ROWS = 300

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const drawn = new Table({ head: [...head], ...STYLE })
  for (const row of rows.slice(0, MOST_ROWS)) drawn.push([...row])
  const more = rows.length - MOST_ROWS
  return more > 0 ? `${drawn.toString()}\n${more} more rows (--json has all)` : drawn.toString()
}

export function renderBoard(board: BoardDescription & { readonly try?: string }): string {
  const map = board.map.map((row) => [
    hex(row.base),
    hex(row.base + row.len - 1),
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
  return [
    `${bold(board.title)} (${board.name}, ${board.arch}, ${bytes(board.memory)})`,
    `CPU: ${board.cpu}`,
    '',
    bold('Physical memory'),
    table(['from', 'to', 'size', 'what', 'kind', 'struct page', 'linear map', 'CPU sees it'], map),
    '',
    bold('DMA masters'),
    masters.length === 0 ? 'none' : table(['device', 'class', 'reach', 'IOMMU', 'coherent', 'pools'], masters),
    '',
    bold('What that means'),
    ...meaningOf(board.masters),
    '',
    bold('Elements of a pipeline'),
    ...(bindings.length === 0 ? ['  none is bound; use --bind element=device'] : bindings),
    ...(board.try === undefined ? [] : ['', bold('A line to try'), `  ${board.try}`]),
  ].join('\n')
}

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

export function renderFacts(facts: DmaFacts): string {
  const memory = facts.memory.flatMap((node) => node.regions.map(({ base, size }) => `${base}+${size}`))
  const regions = facts.reserved_memory?.regions ?? []
  return [
    `${bold(facts.file)}: ${facts.model ?? 'no model'} (${facts.arch}, ${facts.counts.nodes} nodes)`,
    `  memory            ${memory.length === 0 ? 'not stated' : memory.join(', ')}`,
    `  reserved regions  ${regions.length}${regions.length === 0 ? '' : `: ${countBy(regions.map((region) => region.kind))}`}`,
    `  dma-ranges        ${facts.dma_buses.filter((bus) => !bus.empty).length} buses, all masters reach ${facts.dma_max_cpu_address}`,
    `  devices           ${facts.devices.length}, coherent ${facts.devices.filter((device) => device.coherent).length}`,
    `  IOMMUs            ${facts.iommus.length}, enabled ${facts.iommus.filter((iommu) => iommu.enabled).length}`,
    `  traps             ${facts.traps.length === 0 ? 'none' : facts.traps.join(', ')}`,
  ].join('\n')
}

const countBy = (kinds: readonly string[]): string =>
  [...new Set(kinds)].map((kind) => `${kinds.filter((each) => each === kind).length} ${kind}`).join(', ')

export function renderLint(file: string, findings: readonly LintFinding[]): string {
  if (findings.length === 0) return `${bold(file)}: nothing to say`
  return [
    `${bold(file)}: ${countBy(findings.map((finding) => finding.severity))}`,
    ...findings.map(
      ({ severity, code, node, message }) => `  ${paint(severity)} ${code} ${cyan(node)}\n    ${message}`,
    ),
  ].join('\n')
}

function paint(severity: LintFinding['severity']): string {
  switch (severity) {
    case 'error':
      return red(severity)
    case 'warning':
      return yellow(severity)
    case 'info':
      return dim(severity)
  }
}
