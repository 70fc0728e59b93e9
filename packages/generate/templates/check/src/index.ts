// A check as a plug-in: how much memory a device keeps mapped at a time. It sees events only, so it works on real logs, too.
import type { CheckerRule, PluginFactory } from '@dmalab/api'

/** Bytes. */
const BUDGET = 4 * 2 ** 20

const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0)

const rule: CheckerRule = {
  name: 'my-thing',
  // A code that is not in dmalab's catalogue belongs to the plug-in.
  codes: ['my-thing'],
  source: 'my own',
  create: (report) => {
    /** Device to first physical address to bytes. */
    const mapped = new Map<string, Map<number, number>>()
    const told = new Set<string>()
    return {
      onEvent: (event) => {
        if (event.event !== 'dma_map_sg' && event.event !== 'dma_unmap_sg') return
        const own = mapped.get(event.device) ?? new Map<number, number>()
        mapped.set(event.device, own)
        const first = event.physAddrs[0]
        if (first === undefined) return
        if (event.event === 'dma_unmap_sg') own.delete(first)
        else own.set(first, sum(event.sizes))
        const bytes = sum(own.values())
        if (bytes <= BUDGET || told.has(event.device)) return
        told.add(event.device)
        report({
          code: 'my-thing',
          severity: 'warning',
          device: event.device,
          message: `${event.device} has ${bytes} bytes mapped, more than its budget of ${BUDGET}`,
          evidence: [event.at],
        })
      },
      onEnd: () => undefined,
    }
  },
}

const plugin: PluginFactory = () => ({ name: 'my-thing', checkerRules: [rule] })
export default plugin
