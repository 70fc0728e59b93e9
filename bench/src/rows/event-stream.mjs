// What telling costs: a list mapped and unmapped through the DMA API with a listener, with a stream that cannot even be
// listened to, and with the real stream while nothing listens. The last two differ by noise.
import { DIR } from '@dmalab/api'
import { Injector, openDmaApi } from '@dmalab/dma-api'
import { compileHot } from '@dmalab/hot'
import { openRegistry } from '@dmalab/lab'
import { KernelStack, layOut, Memory } from '@dmalab/memory'
import { composeKernel, EventStream, kernelFacts } from '@dmalab/runner'

const ENTRIES = 128

const DEAF = { wants: () => false, emit: () => {} }

/** The DMA API of one machine with the given stream, a device of it, and a list of one page's lines. */
const open = async (sink) => {
  const registry = openRegistry()
  const kernel = composeKernel(registry.kernels.get('arm@4.11'))
  const machine = registry.boards.get('odroid-xu4-nopool')
  const facts = kernelFacts(kernel, registry)
  const stack = new KernelStack(facts)
  const injector = new Injector([], machine)
  const parts = { layout: layOut(machine, facts), module: await compileHot(), sink, stack, injected: () => false }
  const memory = new Memory({ machine, facts, ...parts })
  const ops = new Map(registry.ops.values().map((def) => [def.name, def]))
  const api = openDmaApi({ memory, machine, kernel, facts, ops, sink, stack, injector })
  const pages = memory.allocPages(4096)
  const table = api.sgAlloc(ENTRIES)
  if (!pages.ok || !table.ok) throw new Error('there is memory for a page and a list')
  for (let i = 0; i < ENTRIES; i++) table.value.setPage(i, { kind: 'page', pfn: pages.value }, 64, 0)
  return { memory, api, device: api.device('converter'), table: table.value }
}

const version = (makeSink) => ({
  bench: 1000,
  check: 3,
  async open(times) {
    const { memory, api, device, table } = await open(makeSink())
    return {
      work: times,
      run: () => {
        for (let i = 0; i < times; i++) {
          api.mapping.mapSgAttrs(device, table, DIR.TO_DEVICE, 0)
          api.mapping.unmapSgAttrs(device, table, DIR.TO_DEVICE, 0)
        }
      },
      result: () => ({ lines: memory.cache.counters().lines, at: table.entry(ENTRIES - 1).dmaAddress }),
    }
  },
})

export const row = {
  name: 'event-stream',
  title: `map and unmap a list of ${ENTRIES}: something listens, no stream, nothing listens`,
  unit: 'list',
  versions: {
    heard: version(() => {
      const stream = new EventStream()
      stream.listen('op', () => {})
      return stream
    }),
    none: version(() => DEAF),
    unheard: version(() => new EventStream()),
  },
}
