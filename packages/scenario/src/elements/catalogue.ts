// One question: what is this factory? Core elements first, then those that join and part streams, device families, user-space elements.
import { CORE_ELEMENTS } from './core-elements.ts'
import { familyFacts, familyOf } from './device-families.ts'
import type { ElementFacts } from './element-facts.ts'
import { autoNameOf, request, SINK, SRC } from './element-facts.ts'
import { mediaFacts } from './media-elements.ts'
import { streamFacts } from './stream-elements.ts'

const CORE: ReadonlyMap<string, ElementFacts> = new Map(CORE_ELEMENTS.map((facts) => [facts.factory, facts]))

export const elementFacts = (factory: string): ElementFacts | undefined => {
  const core = CORE.get(factory)
  if (core) return core
  const family = familyOf(factory)
  return streamFacts(factory) ?? (family ? familyFacts(factory, family) : mediaFacts(factory))
}

/** Facts for a factory that is not known: one pad each way, more when a line asks for them, any property. */
export const unknownFacts = (factory: string): ElementFacts => ({
  factory,
  core: false,
  role: 'unknown',
  pads: [SRC, SINK, request('src_%u'), request('sink_%u')],
  properties: {},
  open: true,
  proxy: false,
  autoName: autoNameOf(factory),
  presets: true,
})

/** Elements that GStreamer makes from a URI, by protocol. */
export const URI_ELEMENTS: Readonly<
  Record<string, { readonly src?: string; readonly sink?: string; readonly property: string }>
> = {
  file: { src: 'filesrc', sink: 'filesink', property: 'location' },
  fd: { src: 'fdsrc', sink: 'fdsink', property: 'fd' },
  data: { src: 'dataurisrc', property: 'uri' },
}
