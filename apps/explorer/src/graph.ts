// The pipeline as a graph: where each element stands, and what becomes of the pictures on each edge under one kernel.
import type { BufferHop, Event, KernelRun, PipelineView } from '@dmalab/api'

export type EdgeState = 'zero-copy' | 'copied' | 'bounced' | 'broken' | 'not reached' | 'user space'

export interface Node {
  readonly name: string
  readonly role: string
  readonly device: string | null
  readonly by: string
  readonly memory: string
  readonly x: number
  readonly y: number
}

export interface Edge {
  readonly from: Node
  readonly to: Node
  readonly state: EdgeState
  /** Bytes of a frame: of the picture, and what the CPU copies of it. */
  readonly bytes: number
  readonly copied: number
  readonly why: string
  /** Elements of user space that stand between. */
  readonly through: readonly string[]
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly width: number
  readonly height: number
}

export const NODE = { width: 158, height: 78 }
const STEP = { x: 252, y: 104 }

export const graphOf = ({ elements, hops }: PipelineView, run: KernelRun, events: readonly Event[]): Graph => {
  const shown = elements.filter(
    ({ name }) => hops.some(({ from, to }) => from === name || to === name) || hops.length === 0,
  )
  const graph = laidOut(
    shown.map(({ name, role, device, by }) => {
      const memory = run.elements.find(({ element }) => element === name)?.mode ?? ''
      return { name, role, device, by, memory }
    }),
    hops,
  )
  const at = new Map(graph.nodes.map((node) => [node.name, node]))
  const bouncing = new Set(events.flatMap((event) => (event.event === 'swiotlb_bounced' ? [event.device] : [])))
  const edges = hops.flatMap((hop): Edge[] => {
    const [from, to] = [at.get(hop.from), at.get(hop.to)]
    if (from === undefined || to === undefined) return []
    const copied = run.elements.find(({ element }) => element === hop.to)?.cpuBytesPerFrame ?? 0
    return [
      {
        from,
        to,
        state: stateOf(hop, from, to, run, bouncing),
        bytes: hop.picture.planes.reduce((sum, plane) => sum + plane.bytes, 0),
        copied: hop.kind === 'copy' ? copied : 0,
        why: hop.why,
        through: hop.through,
      },
    ]
  })
  return { ...graph, edges }
}

/** Nodes in columns: what waits for an element stands right of it. */
export const laidOut = (
  named: readonly Omit<Node, 'x' | 'y'>[],
  pairs: readonly { readonly from: string; readonly to: string }[],
): Omit<Graph, 'edges'> => {
  const layers = layersOf(
    named.map(({ name }) => name),
    pairs,
  )
  const rows = new Map<number, number>()
  const nodes = named.map((one): Node => {
    const layer = layers.get(one.name) ?? 0
    const row = rows.get(layer) ?? 0
    rows.set(layer, row + 1)
    return { ...one, x: 4 + layer * STEP.x, y: 4 + row * STEP.y }
  })
  return {
    nodes,
    width: Math.max(...nodes.map(({ x }) => x), 0) + NODE.width + 8,
    height: Math.max(...nodes.map(({ y }) => y), 0) + NODE.height + 22,
  }
}

/** Columns of a graph, at the most. */
const MOST_ROUNDS = 12

/** The longest way to each element: what it waits for stands left of it. */
const layersOf = (
  names: readonly string[],
  hops: readonly { readonly from: string; readonly to: string }[],
): ReadonlyMap<string, number> => {
  const layers = new Map(names.map((name) => [name, 0]))
  // A line has no loops, so that no way is longer than it has elements; devices may hand buffers to each other, and are cut off there.
  for (let round = 0; round < Math.min(names.length, MOST_ROUNDS); round++)
    for (const { from, to } of hops)
      layers.set(to, Math.min(MOST_ROUNDS, Math.max(layers.get(to) ?? 0, (layers.get(from) ?? 0) + 1)))
  return layers
}

const stateOf = (hop: BufferHop, from: Node, to: Node, run: KernelRun, bouncing: ReadonlySet<string>): EdgeState => {
  if (hop.kind === 'user') return 'user space'
  if (hop.kind === 'impossible') return 'broken'
  if (run.step !== null) {
    const [label = ''] = run.step.split(':')
    const isOf = ({ name, device }: Node): boolean => name === label || device === label
    // What a stage gives out breaks behind it, what it takes in front of it.
    const isGiving = /EXPBUF|REQBUFS capture/.test(run.step)
    if (isGiving ? isOf(from) : isOf(to)) return 'broken'
    if (run.frames.delivered === 0) return 'not reached'
  }
  if (hop.kind === 'copy' || hop.kind === 'read') return 'copied'
  const isBouncing = [from, to].some(({ device }) => device !== null && bouncing.has(device))
  return isBouncing ? 'bounced' : 'zero-copy'
}
