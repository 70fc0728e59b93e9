// The ranges of a layout as search structures. They say where things lie and are never changed, so that a machine which starts again, or
// another one on the same layout, has the same ones.
import type { Range } from '@dmalab/api'
import { Intervals } from './intervals.ts'
import { type Layout, maintainable } from './layout.ts'

export interface LayoutIndex {
  readonly linear: Intervals<true>
  /** Parts of the linear map whose addresses nothing else uses. */
  readonly plain: Intervals<true>
  readonly paged: Intervals<true>
  readonly managed: Intervals<true>
  readonly mappable: Intervals<true>
  readonly present: Intervals<true>
  /** What maintainable() returns. */
  readonly maintainable: readonly Range[]
  /** Of that, the parts in `plain`. */
  readonly ordinary: readonly Range[]
}

const known = new WeakMap<Layout, LayoutIndex>()

export const layoutIndex = (layout: Layout): LayoutIndex => {
  let index = known.get(layout)
  if (index === undefined) known.set(layout, (index = newIndex(layout)))
  return index
}

const newIndex = (layout: Layout): LayoutIndex => {
  const plain = plainParts(layout)
  const reach = maintainable(layout)
  return {
    linear: intervalsOf(layout.linear),
    plain,
    paged: intervalsOf(layout.paged),
    managed: intervalsOf(layout.managed),
    mappable: intervalsOf(layout.mappable),
    present: intervalsOf(layout.present),
    maintainable: reach,
    ordinary: reach.flatMap(({ base, len }) =>
      plain.within(base, len).map((part) => {
        const from = Math.max(base, part.base)
        return { base: from, len: Math.min(base + len, part.end) - from }
      }),
    ),
  }
}

const intervalsOf = (ranges: readonly Range[]): Intervals<true> => {
  const intervals = new Intervals<true>()
  for (const { base, len } of ranges) intervals.set(base, len, true)
  return intervals
}

/** The linear map without what wraps around or lies under the vmalloc window, which goes first. */
const plainParts = ({ linear, pageOffset, physOffset, vaddrBits, vmalloc }: Layout): Intervals<true> => {
  const shift = pageOffset - BigInt(physOffset)
  const wrap = Number(2n ** BigInt(vaddrBits) - shift)
  const parts = new Intervals<true>()
  for (const { base, len } of linear) if (base < wrap) parts.set(base, Math.min(len, wrap - base), true)
  parts.delete(Number(vmalloc.start - shift), Number(vmalloc.end - vmalloc.start))
  return parts
}
