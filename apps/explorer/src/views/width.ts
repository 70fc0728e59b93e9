// How wide a place of the page is, for pictures that fill it with letters of one size.
import { useEffect, useRef, useState } from 'preact/hooks'

/** The width in pixels, at least `least`, and the reference that the element gets whose width it is. */
export const useWidth = (
  least: number,
): { readonly width: number; readonly place: { current: HTMLDivElement | null } } => {
  const place = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(Math.max(least, 1000))
  useEffect(() => {
    const { current } = place
    if (current === null) return undefined
    const resized = new ResizeObserver(() => {
      // On paper a picture is drawn as it was, and scaled.
      if (!matchMedia('print').matches) setWidth(Math.max(least, current.clientWidth))
    })
    resized.observe(current)
    return () => resized.disconnect()
  }, [place.current])
  return { width, place }
}
