// Logs that no kernel wrote: hostile names, and very many events.
import type { Event, TraceView } from '@dmalab/api'
import { checkLog, viewTrace } from '@dmalab/lab'
import { createReader } from '@dmalab/trace'

const NAMES = [
  '<script>globalThis.hacked=1</script>',
  '"><img src=x onerror=hacked=1>',
  '\u001b[31mred',
  '${hacked}',
  '__proto__',
]

/** 10,000 devices, the first ones with names that are markup or control characters. */
export const hostileTrace = (): Promise<TraceView> => {
  const devices = Array.from({ length: 10_000 }, (_, i) => (NAMES[i] ?? `device-${i}`).replaceAll(' ', '_'))
  const lines = devices.map(
    (device, i) =>
      `  a<b>c-${i % 99}  [000] .....  ${i}.000000: dma_map_page: ${device} dir=TO_DEVICE dma_addr=${(0x4000_0000 + i * 4096).toString(16)} size=4096 phys_addr=${(0x4000_0000 + i * 4096).toString(16)} attrs=`,
  )
  return viewTrace(
    '<b>hostile</b>.txt',
    (onEvent) => {
      const reader = createReader({ onEvent })
      reader.push(new TextEncoder().encode(`${lines.join('\n')}\n`))
      return Promise.resolve(reader.end())
    },
    'dmalab view <b>\u001B[31m',
  )
}

/** Mappings of 12 devices, 32 at once, each undone after a while. */
export const longTrace = async (count: number): Promise<TraceView> => {
  const events: Event[] = []
  for (let i = 0; events.length < count; i++) {
    const device = `device-${i % 12}`
    const dmaAddr = 0x8000_0000 + (i % 384) * 65_536
    const [common, at] = [{ device, dir: 1, dmaAddr, size: 65_536, attrs: 0 }, events.length + 1]
    if (i >= 384) events.push({ at, event: 'dma_unmap_page', ...common })
    events.push({ at, event: 'dma_map_page', ...common, physAddr: dmaAddr })
    if (i % 3 === 0) events.push({ at, event: 'dma_sync_single_for_cpu', device, dir: 1, dmaAddr, size: 4096 })
  }
  const check = await checkLog('long', () =>
    Promise.resolve({
      bytes: 0,
      lines: 0,
      events: {},
      unknown: {},
      unknownCount: 0,
      damaged: [],
      damagedCount: 0,
      stackLines: 0,
      entries: undefined,
      lost: 0,
      gaps: 0,
    }),
  )
  return {
    view: 1,
    kind: 'trace',
    title: 'long',
    command: 'dmalab view long.txt',
    codes: {},
    check,
    run: { name: 'made', events, leftOut: 0, boot: null, lines: [] },
  }
}
