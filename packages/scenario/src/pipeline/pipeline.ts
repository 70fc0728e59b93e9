// A parsed pipeline as plain data.
import type { Ignored } from '@dmalab/api'
import type { UserSpaceRole } from '../elements/element-facts.ts'

export interface Pipeline {
  /** The line as it was typed. */
  readonly text: string
  readonly elements: readonly PipelineElement[]
  /**
   * As GStreamer has them: an element in a bin is linked to the outside by its bin's pad. Links that wait for a pad of a demuxer are
   * there as they will be.
   */
  readonly links: readonly PipelineLink[]
  /** The same links from element to element, whatever bins lie between. */
  readonly flow: readonly PipelineLink[]
  /** Elements whose factory is not in the catalogue: taken to pass buffers through. */
  readonly unknown: readonly UnknownElement[]
  /** What GStreamer does without saying so, such as dropping an element whose name is taken. */
  readonly warnings: readonly string[]
  /** What of the line is for the shell and not for GStreamer. */
  readonly ignored: readonly Ignored[]
  /** Links that GStreamer takes and that are never made, such as one from a pad that the element never has. */
  readonly lost: readonly LostLink[]
}

interface LostLink {
  readonly why: string
  /** Offset in the text. */
  readonly at: number
}

export interface PipelineElement {
  readonly factory: string
  readonly name: string
  /** Name of the bin that holds it; empty at the top. */
  readonly parent: string
  /** Properties as text: an enum by its nick, caps as GStreamer prints them, everything else as written. */
  readonly props: Readonly<Record<string, string>>
  readonly role: UserSpaceRole
  /** GStreamer numbered it; the line gives no name. */
  readonly automatic: boolean
  readonly presets?: readonly string[]
  /** Offset in the text; of a filter that a link brought in, that of its caps. */
  readonly at?: number
}

/** A pad of a bin is called `ghost`. */
export type PipelineLink = readonly [source: string, sourcePad: string, sink: string, sinkPad: string]

export interface UnknownElement {
  readonly factory: string
  readonly name: string
  readonly at: number
}
