// How large a picture is that several are put together on.
import type { BoundElement, StatedFact } from '@dmalab/api'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { FactFinder, Segment, Segments } from './segments.ts'

const MIXER = /^(compositor|(gl)?videomixer(element)?|imxcompositor(_[a-z0-9]+)?)$/
export const isMixer = ({ factory }: BoundElement): boolean => MIXER.test(factory)

/**
 * The smallest picture that has room for every input at its place.
 *
 * Models: GStreamer 1.22 gst/compositor/compositor.c: _fixate_caps
 * Leaves out: sizing-policy, pixel aspect ratios.
 */
export const mixedSize = (
  mixer: BoundElement,
  field: 'width' | 'height',
  { flow }: Pipeline,
  { ofLink }: Segments,
  find: FactFinder,
): StatedFact<string> | null => {
  const [place, size] = field === 'width' ? ['xpos', 'width'] : ['ypos', 'height']
  const ends = flow.flatMap(([, , sink, pad], at): number[] => {
    if (sink !== mixer.name) return []
    const segment: Segment | undefined = ofLink[at]
    const said = Number(mixer.props[`${pad}::${size}`] ?? 0)
    const own = said > 0 ? said : Number((segment && find(segment, field)?.value) ?? 0)
    return [own + Number(mixer.props[`${pad}::${place}`] ?? 0)]
  })
  const most = Math.max(0, ...ends)
  return most === 0 ? null : { value: String(most), by: `pads of ${mixer.name}` }
}
