// The graph of a scenario of steps, or of a log: who allocates and exports, who maps, and what became of the buffers between them.
import type { Timeline, ViewBuffer } from '@dmalab/report/view'
import { type Edge, type EdgeState, type Graph, laidOut } from './graph.ts'

interface Found {
  readonly from: string
  readonly to: string
  readonly buffers: Set<number>
  /** Was a buffer handed on as a dma-buf? */
  isShared: boolean
  isMapped: boolean
  isBounced: boolean
  isBroken: boolean
}

const CPU = 'CPU and user space'
/** Devices of a picture; the table of events has all. */
const MOST = 24

export const graphOfSteps = (timeline: Timeline): Graph => {
  const found = new Map<string, Found>()
  const nameOf = (lane: number): string => timeline.lanes[lane]?.name ?? CPU
  const edge = (from: string, to: string): Found => {
    const key = `${from}\n${to}`
    const known = found.get(key) ?? {
      from,
      to,
      buffers: new Set<number>(),
      isShared: false,
      isMapped: false,
      isBounced: false,
      isBroken: false,
    }
    found.set(key, known)
    return known
  }
  for (const { from, to, buffer } of timeline.arrows) {
    const one = edge(nameOf(from), nameOf(to))
    one.isShared = true
    one.buffers.add(buffer)
  }
  for (const { kind, buffer, lane, bounced } of timeline.bars) {
    const home = homeOf(timeline.buffers[buffer])
    if (kind !== 'mapping' || home === nameOf(lane)) continue
    const one = edge(home, nameOf(lane))
    one.isMapped = true
    one.isBounced ||= bounced
    one.buffers.add(buffer)
  }
  for (const { kind, lane, buffer } of timeline.ticks) {
    if (kind !== 'fault' && kind !== 'wrong' && kind !== 'refused') continue
    for (const one of found.values()) {
      const isHere = one.to === nameOf(lane) || (lane === 0 && one.from === CPU)
      if (buffer === null ? isHere : one.buffers.has(buffer)) one.isBroken = true
    }
  }
  const edges = [...found.values()]
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].slice(0, MOST)
  const graph = laidOut(
    names.map((name) => ({
      name,
      role: roleOf(timeline, name),
      device: name === CPU ? null : name,
      by: 'the events',
      memory: memoryOf(timeline, name),
    })),
    edges,
  )
  const at = new Map(graph.nodes.map((node) => [node.name, node]))
  return {
    ...graph,
    edges: edges.flatMap((one): Edge[] => {
      const [from, to] = [at.get(one.from), at.get(one.to)]
      if (from === undefined || to === undefined) return []
      const bytes = [...one.buffers].reduce((sum, id) => sum + (timeline.buffers[id]?.size ?? 0), 0)
      return [{ from, to, state: stateOf(one), bytes, copied: 0, why: whyOf(one), through: [] }]
    }),
  }
}

/** Memory of a driver belongs to its device, all other to the CPU that filled it. */
const homeOf = (buffer: ViewBuffer | undefined): string =>
  buffer?.kind === 'coherent' || buffer?.kind === 'pool' ? buffer.device : CPU

const stateOf = ({ isBroken, isBounced, isMapped }: Found): EdgeState => {
  if (isBroken) return 'broken'
  if (isBounced) return 'bounced'
  return isMapped ? 'zero-copy' : 'not reached'
}

const whyOf = ({ buffers, isShared, isMapped, isBounced, isBroken }: Found): string =>
  [
    `${buffers.size} ${buffers.size === 1 ? 'buffer' : 'buffers'}`,
    ...(isShared ? ['exported and attached'] : []),
    isMapped ? 'mapped' : 'never mapped',
    ...(isBounced ? ['through bounce slots'] : []),
    ...(isBroken ? ['a call was refused, a kernel faulted, or bytes were wrong'] : []),
  ].join(', ')

const roleOf = ({ buffers, arrows, lanes }: Timeline, name: string): string => {
  const own = buffers.filter((one) => homeOf(one) === name).length
  const isExporter = arrows.some(({ from }) => lanes[from]?.name === name)
  const isImporter = arrows.some(({ to }) => lanes[to]?.name === name)
  const words = [
    ...(own > 0 ? [name === CPU ? 'fills' : 'allocates'] : []),
    ...(isExporter ? ['exports'] : []),
    ...(isImporter ? ['attaches'] : []),
  ]
  return words.length === 0 ? 'maps' : words.join(', ')
}

const memoryOf = ({ buffers }: Timeline, name: string): string => {
  const own = buffers.filter((one) => homeOf(one) === name)
  const pool = own.find((one) => one.pool !== null)?.pool ?? null
  return own.length === 0
    ? ''
    : `${own.length} ${own.length === 1 ? 'buffer' : 'buffers'}${pool === null ? '' : `, ${pool}`}`
}
