// What the grammar makes of a pipeline's text: who stands where, before any element exists. Offsets count in the joined text.

export interface GraphNode {
  readonly chains: readonly ChainNode[]
  readonly bad: UnexpectedNode | null
}

/** Elements from left to right; `steps` are the links between them. */
export interface ChainNode {
  readonly head: ElementNode | BinNode | ReferenceNode | UriNode
  readonly steps: readonly StepNode[]
}

interface StepNode {
  readonly link: LinkNode
  /** Sink pads written before the sink, as in `! .sink_0 mux`. */
  readonly pads: Pads
  readonly to: ElementNode | BinNode | ReferenceNode | UriNode | UnexpectedNode
}

export interface LinkNode {
  /** `:` links all pads, `!` one. */
  readonly all: boolean
  /** Text of a caps filter between two link operators. */
  readonly caps: string | null
  /** Where the caps stand; the place of the link where there are none. */
  readonly capsAt: number
  readonly at: number
}

export interface ElementNode {
  readonly kind: 'element'
  readonly factory: string
  readonly at: number
  readonly settings: readonly (AssignmentNode | PresetNode)[]
  readonly pads: Pads
}

export interface BinNode {
  readonly kind: 'bin'
  readonly factory: string
  readonly at: number
  readonly settings: readonly AssignmentNode[]
  readonly chains: readonly ChainNode[]
  readonly pads: Pads
  readonly bad: UnexpectedNode | null
}

export interface ReferenceNode {
  readonly kind: 'reference'
  readonly name: string
  readonly at: number
  readonly pads: Pads
}

export interface UriNode {
  readonly kind: 'uri'
  readonly text: string
  readonly at: number
}

export interface AssignmentNode {
  readonly kind: 'assignment'
  readonly name: string
  readonly value: string
  readonly at: number
}

export interface PresetNode {
  readonly kind: 'preset'
  readonly value: string
  readonly at: number
}

/** Here the text stopped being a pipeline. */
export interface UnexpectedNode {
  readonly kind: 'unexpected'
  readonly at: number
  readonly expected: string
}

export type Pads = readonly (string | UnexpectedNode)[]
