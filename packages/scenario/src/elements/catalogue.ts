// One question: what is this factory? Core elements first, then device families, then user-space elements; else unknown.
import { CORE_ELEMENTS } from './core-elements.ts'
import { familyFacts, familyOf } from './device-families.ts'
import type { ElementFacts } from './element-facts.ts'
import { SINK, SRC } from './element-facts.ts'
import { mediaFacts } from './media-elements.ts'

export const elementFacts = (factory: string): ElementFacts | undefined => {
  const core = CORE_ELEMENTS.find((facts) => facts.factory === factory)
  if (core) return core
  const family = familyOf(factory)
  return family ? familyFacts(factory, family) : mediaFacts(factory)
}

/** Facts for a factory that nobody knows: one pad each way, any property. */
export const unknownFacts = (factory: string): ElementFacts => ({
  factory,
  core: false,
  role: 'unknown',
  pads: [SRC, SINK],
  properties: {},
  open: true,
  proxy: false,
  autoName: factory,
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
