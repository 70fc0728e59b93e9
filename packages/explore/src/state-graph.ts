// The states of one configuration: what was tried in each, and what turned out to lead nowhere.
import type { ScenarioStep } from '@dmalab/api'
import { statesOnMainLines } from './main-lines.ts'
import type { Rules, Situation } from './rules.ts'

/** One step from a state. */
export interface Edge {
  readonly from: State
  readonly step: ScenarioStep
  readonly to: State
  tried: boolean
  /** It does not lead there: something went wrong, or the step cannot be meant. */
  dead: boolean
}

export interface State {
  readonly situation: Situation
  /** The step that leads here from a state nearer to the start; null at the start. */
  by: Edge | null
  /** Steps from the start. */
  depth: number
  /** Its steps belong to the search; null beyond the bound. */
  edges: readonly Edge[] | null
}

export interface LaidOut {
  /** Those whose every step is tried, in the order of the search. */
  readonly expanded: readonly State[]
  /** Every state within the depth is among them. */
  readonly exhausted: boolean
}

export class StateGraph {
  private readonly rules: Rules
  private readonly depth: number
  private readonly states = new Map<Situation, State>()
  private readonly made = new Map<State, readonly Edge[]>()
  /** On the usual ways of a buffer. */
  private readonly main: ReadonlySet<Situation>
  readonly start: State

  constructor(rules: Rules, depth: number) {
    this.rules = rules
    this.depth = depth
    this.main = statesOnMainLines(rules)
    this.start = this.state(rules.first)
  }

  /** At most `most` states, breadth first over steps that are not dead; those on the usual ways of a buffer first. */
  layOut(most: number): LaidOut {
    for (const state of this.states.values()) state.edges = null
    const reached = new Set([this.start])
    const open: State[] = [this.start]
    const expanded: State[] = []
    let deeper = false
    for (let state = open.shift(); state !== undefined && expanded.length < most; state = open.shift()) {
      expanded.push(state)
      state.edges = this.edgesOf(state)
      for (const edge of state.edges) {
        const { to } = edge
        if (edge.dead || reached.has(to)) continue
        reached.add(to)
        to.by = edge
        to.depth = state.depth + 1
        if (to.depth >= this.depth) deeper = true
        else if (this.main.has(to.situation)) open.unshift(to)
        else open.push(to)
      }
    }
    return { expanded, exhausted: open.length === 0 && !deeper }
  }

  /** States that were reached. */
  get reached(): number {
    const seen = new Set<State>([this.start])
    for (const edges of this.made.values()) for (const { tried, dead, to } of edges) if (tried && !dead) seen.add(to)
    return seen.size
  }

  /** All steps that may be done in a state, whether or not the state is within the bound. */
  edgesOf(from: State): readonly Edge[] {
    const known = this.made.get(from)
    if (known !== undefined) return known
    const edges = this.rules
      .movesIn(from.situation)
      .map(({ step, to }): Edge => ({ from, step, to: this.state(to), tried: false, dead: false }))
    this.made.set(from, edges)
    return edges
  }

  private state(situation: Situation): State {
    const known = this.states.get(situation)
    if (known !== undefined) return known
    const state: State = { situation, by: null, depth: 0, edges: null }
    this.states.set(situation, state)
    return state
  }
}

/** The way that leads to a state. */
export const wayTo = (state: State): readonly Edge[] => {
  const way: Edge[] = []
  for (let { by } = state; by !== null; { by } = by.from) way.push(by)
  return way.toReversed()
}

export const trailTo = (state: State): readonly ScenarioStep[] => wayTo(state).map(({ step }) => step)

/** A step to try next, in the order: what changes nothing, what leads to where more is to be tried, the others. */
export const untriedOf = ({ edges }: State): Edge | undefined => {
  const open = edges?.filter(({ tried }) => !tried) ?? []
  return open.find(({ from, to }) => from === to) ?? open.find(({ to }) => hasUntried(to)) ?? open[0]
}

const hasUntried = ({ edges }: State): boolean => edges?.some(({ tried }) => !tried) ?? false

/** How far a walk goes over steps that were tried before it takes a new boot to be cheaper. */
const DETOUR = 3

/** The way from here to the nearest state where something is to be tried. */
export const wayOn = (here: State): readonly Edge[] | undefined => {
  let open: (readonly [State, readonly Edge[]])[] = [[here, []]]
  const seen = new Set([here])
  for (let hops = 0; hops < DETOUR; hops++) {
    const next: (readonly [State, readonly Edge[]])[] = []
    for (const [state, way] of open)
      for (const edge of state.edges ?? []) {
        if (!edge.tried || edge.dead || seen.has(edge.to)) continue
        if (hasUntried(edge.to)) return [...way, edge]
        seen.add(edge.to)
        next.push([edge.to, [...way, edge]])
      }
    open = next
  }
  return undefined
}
