// The readable definition of what a list becomes: bytes of address space, segments, and the physical ranges behind them.

export interface TwinEntry {
  readonly phys: number
  readonly length: number
}
export interface TwinLayout {
  /** Bytes of address space. */
  readonly total: number
  /** [offset from the start of that space, length] of each segment. */
  readonly segments: readonly (readonly [number, number])[]
  /** What each granule-sized page of the space leads to. */
  readonly pages: readonly number[]
}

/** boundary is a power of two minus 1. */
export function layOut(entries: readonly TwinEntry[], granule: number, boundary: number, maxSize: number): TwinLayout {
  const widened = entries.map(({ phys, length }) => {
    const within = phys % granule
    return { base: phys - within, within, length, size: Math.ceil((within + length) / granule) * granule }
  })
  // A piece that would cross the boundary pushes itself up to it: the one before grows.
  let total = 0
  for (const [i, { size }] of widened.entries()) {
    const pad = (boundary + 1 - (total % (boundary + 1))) % (boundary + 1)
    const before = widened[i - 1]
    if (pad !== 0 && pad < size - 1 && before !== undefined) {
      before.size += pad
      total += pad
    }
    total += size
  }
  const pages = widened.flatMap(({ base, size }) =>
    Array.from({ length: size / granule }, (_, i) => base + i * granule),
  )
  return { total, segments: joined(widened, boundary, maxSize), pages }
}

function joined(
  pieces: readonly { readonly within: number; readonly length: number; readonly size: number }[],
  boundary: number,
  maxSize: number,
): [number, number][] {
  const segments: [number, number][] = []
  let open = false
  let at = 0
  for (const { within, length, size } of pieces) {
    const last = segments.at(-1)
    const fits = last !== undefined && last[1] + length <= maxSize
    if (open && last !== undefined && within === 0 && at % (boundary + 1) !== 0 && fits) last[1] += length
    else segments.push([at + within, length])
    open = within + length === size
    at += size
  }
  return segments
}
