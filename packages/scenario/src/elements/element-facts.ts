// What the parser must know of an element's factory: pads, properties, and what it does with the data that passes.

type PadPresence = 'always' | 'sometimes' | 'request'

export interface PadTemplate {
  /** `src`, `sink`, `src_%u` ... */
  readonly name: string
  readonly direction: 'src' | 'sink'
  readonly presence: PadPresence
}

/** What streams a pad or an element is for; undefined: any. */
export type StreamKind = 'video' | 'audio' | 'text' | 'rtcp' | undefined

/** How a property's text is read. `object` and `flags` values are not for pipelines' text, `object` never fits. */
export type PropertyType =
  | 'string'
  | 'boolean'
  | 'int'
  | 'uint'
  | 'int64'
  | 'uint64'
  | 'double'
  | 'caps'
  | 'flags'
  | 'object'
  | EnumType

/** Values by nick, and nicks by the full names that gst-inspect-1.0 prints, where they are known. */
export interface EnumType {
  readonly enum: Readonly<Record<string, number>>
  readonly names: ReadonlyMap<string, string>
}

/** What user space does at this place of the graph. */
export type UserSpaceRole =
  | 'source'
  | 'parser'
  | 'demuxer'
  | 'muxer'
  | 'decoder'
  | 'encoder'
  | 'converter'
  | 'queue'
  | 'tee'
  | 'filter'
  | 'sink'
  | 'bin'
  /** Makes a whole pipeline of its own when it runs. */
  | 'whole'
  | 'unknown'

export interface ElementFacts {
  readonly factory: string
  /** Part of GStreamer's coreelements plugin: its pads and properties are known in full. */
  readonly core: boolean
  readonly role: UserSpaceRole
  readonly pads: readonly PadTemplate[]
  /** Properties; `open` when the list is not known to be complete. */
  readonly properties: Readonly<Record<string, PropertyType>>
  readonly open: boolean
  /** Passes caps through: what may go in is what may go out. */
  readonly proxy: boolean
  /** Start of automatic names: the type's name in lower case, with a dash when it ends in a digit. */
  readonly autoName: string
  /** Name for a pad made on request when none is asked for; `src_%u` and the like count from 0. */
  readonly requestName?: string
  readonly presets: boolean
}

export const SRC: PadTemplate = { name: 'src', direction: 'src', presence: 'always' }
export const SINK: PadTemplate = { name: 'sink', direction: 'sink', presence: 'always' }
export const request = (name: string, direction: PadTemplate['direction'] = sideOf(name)): PadTemplate => ({
  name,
  direction,
  presence: 'request',
})
export const sometimes = (name: string): PadTemplate => ({ name, direction: 'src', presence: 'sometimes' })

/** How automatic names of a type start: a type's name that ends in a digit gets a dash. Models: GStreamer 1.22 gst/gstobject.c: gst_object_set_name_default */
export const autoNameOf = (factory: string): string => (/\d$/.test(factory) ? `${factory}-` : factory)

const sideOf = (name: string): PadTemplate['direction'] => (name.startsWith('src') ? 'src' : 'sink')
