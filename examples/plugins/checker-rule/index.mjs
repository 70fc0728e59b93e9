// A rule that no kernel has: how much memory a device keeps mapped at a time. An IOMMU aperture or a bounce pool is finite, and a
// pipeline that maps each buffer twice finds out in the field.

/** Bytes. */
const BUDGET = 4 * 2 ** 20

const sum = (sizes) => sizes.reduce((total, size) => total + size, 0)

/** @type {import('@dmalab/api').CheckerRule} */
const mappedBudget = {
  name: 'mapped-budget',
  codes: ['mapped-budget'],
  source: 'example',
  create: (report) => {
    /** Device to first physical address to bytes. */
    const mapped = new Map()
    const told = new Set()
    return {
      onEvent: (event) => {
        if (event.event !== 'dma_map_sg' && event.event !== 'dma_unmap_sg') return
        const own = mapped.get(event.device) ?? new Map()
        mapped.set(event.device, own)
        if (event.event === 'dma_unmap_sg') own.delete(event.physAddrs[0])
        else own.set(event.physAddrs[0], sum(event.sizes))
        const bytes = sum([...own.values()])
        if (bytes <= BUDGET || told.has(event.device)) return
        told.add(event.device)
        report({
          code: 'mapped-budget',
          severity: 'warning',
          device: event.device,
          message: `${event.device} has ${bytes} bytes mapped, more than its budget of ${BUDGET}`,
          evidence: [event.at],
        })
      },
      onEnd: () => {},
    }
  },
}

/** @type {import('@dmalab/api').PluginFactory} */
export default () => ({ name: 'dmalab-example-checker-rule', checkerRules: [mappedBudget] })
