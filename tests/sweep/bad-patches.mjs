// Patches that a sweep must survive: one hangs, one ends its thread, one takes all memory, one throws.
export const dmalab = { api: 2 }

const patch = (name, work) => ({
  name,
  title: name,
  source: 'made for a test',
  appliesTo: ['arm@4.11'],
  hunks: [{ file: 'arch/arm/mm/dma-mapping.c', symbol: 'arm_dma_get_sgtable', what: name }],
  functions: { arm_dma_get_sgtable: () => () => work() },
})

export default () => ({
  name: 'bad-patches',
  patches: [
    patch('hangs', () => {
      for (;;);
    }),
    patch('exits', () => process.exit(7)),
    patch('eats', () => {
      const kept = []
      for (;;) kept.push(Array.from({ length: 1_000_000 }, () => 0.5))
    }),
    patch('throws', () => {
      throw new Error('a mistake in the plug-in')
    }),
  ],
})
