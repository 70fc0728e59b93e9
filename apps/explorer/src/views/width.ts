// How wide a place of the page is, for pictures that fill it with letters of one size.
import { useEffect, useState } from 'preact/hooks'

interface Width {
  /** Pixels. */
  readonly width: number
  /** The reference that the element gets whose width it is. */
  readonly place: (element: HTMLDivElement | null) => void
}

/** The width of an element, at least `least`. */
export const useWidth = (least: number): Width => {
  const [element, place] = useState<HTMLDivElement | null>(null)
  const [width, setWidth] = useState(Math.max(least, 1000))
  useEffect(() => {
    if (element === null) return undefined
    const resized = new ResizeObserver(() => {
      // On paper a picture is drawn as it was, and scaled.
      if (!matchMedia('print').matches) setWidth(Math.max(least, element.clientWidth))
    })
    resized.observe(element)
    return () => resized.disconnect()
  }, [element])
  return { width, place }
}
