// Checks streams of events, as objects or with single mappings as numbers.
import type { EventBody, Session } from '@dmalab/api'
import { type CheckerOptions, type CheckReport, createChecker } from '../src/index.ts'

/** Mulberry32: the same numbers on every machine. */
export const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b_79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

export const checked = (
  bodies: readonly EventBody[],
  session: Session | undefined,
  options: CheckerOptions,
  numbers = false,
): CheckReport => {
  const checker = createChecker(options)
  if (session !== undefined) checker.onEvent({ ...session, at: 0 })
  for (const [index, body] of bodies.entries()) {
    const at = 1 + Math.floor(index / 3)
    const event = session === undefined ? { ...body, at, pid: index % 4, interrupt: false } : { ...body, at }
    const taken = numbers && givenAsNumbers(checker, event)
    if (!taken) checker.onEvent(event)
  }
  return checker.finish()
}

const givenAsNumbers = (checker: ReturnType<typeof createChecker>, event: EventBody & { at: number; pid?: number }) => {
  if (event.event === 'dma_map_page' || event.event === 'dma_map_phys') {
    const { event: name, device, dmaAddr, size, dir, attrs, physAddr, at, pid = -1 } = event
    return checker.onMap(name, device, dmaAddr, size, dir, attrs, physAddr, at, pid)
  }
  if (event.event === 'dma_unmap_page' || event.event === 'dma_unmap_phys')
    return checker.onUnmap(event.event, event.device, event.dmaAddr, event.size, event.dir, event.attrs, event.at)
  return false
}
