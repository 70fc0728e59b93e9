// The pipeline: elements with their devices, and what becomes of the pictures on each edge under the chosen kernel.
import type { RunsView } from '@dmalab/api'
import { useMemo } from 'preact/hooks'
import { type Edge, type EdgeState, graphOf, type Node, NODE } from '../graph.ts'
import { graphOfSteps } from '../step-graph.ts'
import { useStore } from '../store.ts'
import { bytes, cut, shown } from './text.ts'

const LOOK: Readonly<Record<EdgeState, { readonly colour: string; readonly dash: string; readonly width: number }>> = {
  'zero-copy': { colour: 'var(--good)', dash: '', width: 2.5 },
  copied: { colour: 'var(--warn)', dash: '', width: 2 },
  bounced: { colour: 'var(--bounce)', dash: '7 3', width: 2.5 },
  broken: { colour: 'var(--fault)', dash: '3 4', width: 3 },
  'not reached': { colour: 'var(--transit)', dash: '2 4', width: 1.5 },
  'user space': { colour: 'var(--transit)', dash: '', width: 1.5 },
}

/** A graph that is wider than its place is drawn smaller, down to this; then it scrolls. */
const SMALLEST = 0.65

export const Pipeline = ({ view }: { readonly view: RunsView }) => {
  const store = useStore()
  const run = view.report.runs[store.kernel.value]
  const timeline = store.timeline.value
  const steps = useMemo(
    () => (view.pipeline === null && timeline !== null ? graphOfSteps(timeline) : null),
    [view, timeline],
  )
  if (run === undefined) return null
  const graph = view.pipeline === null ? steps : graphOf(view.pipeline, run, store.events.value)
  if (graph === null || graph.edges.length === 0) return null
  const { nodes, edges, width, height } = graph
  return (
    <section class="card wide" aria-labelledby="pipeline-title" data-view="pipeline">
      <header>
        <h2 id="pipeline-title">{view.pipeline === null ? 'Who has whose buffers' : 'Pipeline'}</h2>
        <p class="dim mono">{shown(run.kernel)}</p>
      </header>
      <div class="scroll" tabIndex={0} role="region" aria-label="Graph of the pipeline">
        <svg
          viewBox={`0 0 ${width} ${height}`}
          style={{ width: '100%', minWidth: `${width * SMALLEST}px`, maxWidth: `${width}px` }}
          role="group"
          aria-label="Elements and edges; the table below has the same"
        >
          {edges.map((edge) => (
            <EdgeLine key={`${edge.from.name} ${edge.to.name}`} edge={edge} />
          ))}
          {nodes.map((node) => (
            <ElementBox key={node.name} node={node} view={view} />
          ))}
        </svg>
      </div>
      <details>
        <summary>Edges in words</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">from</th>
              <th scope="col">to</th>
              <th scope="col">pictures</th>
              <th scope="col">why</th>
            </tr>
          </thead>
          <tbody>
            {edges.map(({ from, to, why, state, bytes: size, copied }) => (
              <tr key={`${from.name} ${to.name}`}>
                <td>{shown(from.name)}</td>
                <td>{shown(to.name)}</td>
                <td>
                  {state}
                  {size > 0 ? `, ${bytes(size)}${view.pipeline === null ? '' : ' a frame'}` : ''}
                  {copied > 0 ? `, ${bytes(copied)} of them copied by the CPU` : ''}
                </td>
                <td>{shown(why)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  )
}

const ElementBox = ({ node, view }: { readonly node: Node; readonly view: RunsView }) => {
  const { device } = useStore()
  const { name, role, x, y, by } = node
  const driver = view.board?.masters.find((master) => master.device === node.device)?.driver?.name
  const isChosen = node.device !== null && device.value === node.device
  const choose = (): void => {
    if (node.device !== null) device.value = node.device
  }
  const words = `${name}, ${role}, ${node.device === null ? 'user space' : `device ${node.device}`}`
  return (
    <g
      transform={`translate(${x} ${y})`}
      {...(node.device === null
        ? {}
        : {
            class: 'hit',
            role: 'button',
            tabindex: 0,
            'aria-pressed': isChosen,
            onClick: choose,
            onKeyDown: (event: KeyboardEvent) => {
              if (event.key !== 'Enter' && event.key !== ' ') return
              event.preventDefault()
              choose()
            },
          })}
    >
      <title>{`${words}; bound by ${by}`}</title>
      <rect
        width={NODE.width}
        height={NODE.height}
        rx="5"
        style={{
          fill: node.device === null ? 'var(--soft)' : 'var(--card)',
          stroke: isChosen ? 'var(--chosen)' : 'var(--dim)',
          strokeWidth: isChosen ? '2' : '1',
        }}
      />
      <text x="9" y="19" style={{ fontWeight: '600' }}>
        {cut(name, 20)}
      </text>
      <text x="9" y="36">
        {node.device === null ? 'user space' : cut(node.device, 20)}
        {driver === undefined ? '' : ` (${cut(driver, 14)})`}
      </text>
      <text x="9" y="52" class="dim">
        {cut(role, 24)}
      </text>
      <text x="9" y="68" class="dim">
        {cut(node.memory, 26)}
      </text>
    </g>
  )
}

const EdgeLine = ({ edge }: { readonly edge: Edge }) => {
  const { from, to, state, bytes: size, copied, why, through } = edge
  const look = LOOK[state]
  const [x0, y0] = [from.x + NODE.width, from.y + NODE.height / 2]
  const [x1, y1] = [to.x - 2, to.y + NODE.height / 2]
  const middle = (x0 + x1) / 2
  const beyond = through.length > 0 ? `through ${through.join(', ')}` : ''
  return (
    <g>
      <title>{`${why}${beyond === '' ? '' : `; ${beyond}`}`}</title>
      <path
        d={`M${x0} ${y0} C${middle} ${y0} ${middle} ${y1} ${x1 - 7} ${y1}`}
        style={{ fill: 'none', stroke: look.colour, strokeWidth: String(look.width), strokeDasharray: look.dash }}
      />
      <path d={`M${x1} ${y1} l-9 -5 v10 z`} style={{ fill: look.colour }} />
      <text x={middle} y={(y0 + y1) / 2 - 8} text-anchor="middle" style={{ fill: look.colour, fontWeight: '600' }}>
        {state}
      </text>
      <text x={middle} y={(y0 + y1) / 2 + 17} text-anchor="middle" class="dim">
        {size > 0 ? `${bytes(size)}` : ''}
      </text>
      {copied > 0 ? (
        <text x={middle} y={(y0 + y1) / 2 + 32} text-anchor="middle" class="dim">
          {bytes(copied)} copied
        </text>
      ) : null}
    </g>
  )
}
