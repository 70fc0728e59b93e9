// The corrected behaviour of a stock kernel's sg_split().
import type { Patch, PluginApi } from '@dmalab/api'

/** Models: Linux v6.12 lib/sg_split.c: sg_calculate_split, with the loop ended by a counter at or below zero */
export const fixSgSplit = (_api: PluginApi): Patch => ({
  name: 'fix-sg-split',
  title: 'sg_split() stops with its last list when that ends inside an entry',
  source: 'no upstream change is known; the behaviour that the function describes',
  hunks: [
    { file: 'lib/sg_split.c', symbol: 'sg_calculate_split', what: 'leave the loop once the last list has its bytes' },
  ],
  facts: { sgSplitEnds: true },
})
