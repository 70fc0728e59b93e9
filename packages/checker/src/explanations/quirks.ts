// What the kernel's own code gets wrong, and the model repeats: codes that the model itself reports.
import type { Explanation } from './explanation.ts'

export const QUIRKS = {
  'sg-split-miscount': {
    what: 'sg_split() was asked for a last list that ends inside an entry while more entries follow. The list it made holds all of them, its wanted last entry in full, and only the very last one was cut to 0.',
    why: 'The counter of lists left drops below zero there, and the loop ends only when it is exactly zero. A driver that trusts the list sends the device over bytes it never asked for. When the mapped list merges entries differently, the kernel writes behind the allocated list.',
    source: 'lib/sg_split.c: sg_calculate_split',
    fixes: ['end the last split at an entry, or take all that is left', 'on the model: the patch fix-sg-split'],
  },
  'sg-pages-surplus': {
    what: 'A scatterlist was built from more pages than its size needs.',
    why: 'The counter of bytes left wraps there: every entry behind the end of the data gets its full length, so the list is longer than the buffer.',
    source: 'lib/scatterlist.c: sg_alloc_append_table_from_pages',
    fixes: ['give as many pages as offset and size need, no more'],
  },
  'bounce-unreachable': {
    what: 'A mapping was bounced, and the bounce buffer itself lies where the device does not reach.',
    why: 'The check comes after the copy: the mapping fails, the slots are freed, and the search position stays moved. No mapping of this device can succeed that way.',
    source: 'kernel/dma/swiotlb.c: swiotlb_map',
    fixes: [
      'place the pool below every device’s limit (swiotlb is allocated low by default)',
      'give the device a restricted-dma-pool that it reaches',
    ],
  },
} as const satisfies Record<string, Explanation>
