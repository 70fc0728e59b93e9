// What is said of mappings that do not fit each other, word for word, with the steps that prove it.
import { ATTR, DIR, type EventBody } from '@dmalab/api'
import { expect, test } from 'vitest'
import { map, mapSg, RAM, said, sync, syncSg, unmap, unmapSg } from './events.ts'
const FROM = { dir: DIR.FROM_DEVICE }
const BIDI = { dir: DIR.BIDIRECTIONAL }
const END: EventBody = { event: 'end' }

type Row = readonly [string, readonly EventBody[], readonly string[]]

const PAIRS: readonly Row[] = [
  [
    'an unmap of nothing, and one after another unmap',
    [unmap(RAM), map(RAM), unmap(RAM), unmap(RAM)],
    [
      'unmap-not-mapped dev: 0x40000000 (4 KiB) was unmapped but is not mapped @1',
      'unmap-not-mapped dev: 0x40000000 (4 KiB) was unmapped but is not mapped; mapping 0x40000000 (4 KiB, TO_DEVICE) was undone at step 3 @2,3,4',
    ],
  ],
  [
    'an unmap that begins inside a mapping leaves it alone',
    [map(RAM), unmap(RAM + 64, { size: 64 }), unmap(RAM)],
    [
      'unmap-not-mapped dev: 0x40000040 (64 B) was unmapped but is not mapped; mapping 0x40000000 (4 KiB, TO_DEVICE) of step 1 is live there @1,2',
    ],
  ],
  [
    'an unmap that ends where a mapping begins touches nothing',
    [map(RAM), unmap(RAM - 64, { size: 64 }), unmap(RAM + 4096, { size: 64 }), unmap(RAM)],
    [
      'unmap-not-mapped dev: 0x3fffffc0 (64 B) was unmapped but is not mapped @2',
      'unmap-not-mapped dev: 0x40001000 (64 B) was unmapped but is not mapped @3',
    ],
  ],
  [
    'a sync that runs over the end of a mapping, one after the unmap, and one of nothing',
    [map(RAM), sync('device', RAM + 4000, { size: 97 }), unmap(RAM), sync('device', RAM), sync('device', RAM + 0x8000)],
    [
      'sync-not-mapped dev: 0x40000fa0 (97 B) was synced but no mapping covers it; it runs over mapping 0x40000000 (4 KiB, TO_DEVICE) @1,2',
      'sync-not-mapped dev: 0x40000000 (4 KiB) was synced but no mapping covers it; mapping 0x40000000 (4 KiB, TO_DEVICE) was undone at step 3 @1,4',
      'sync-not-mapped dev: 0x40008000 (4 KiB) was synced but no mapping covers it @5',
    ],
  ],
  [
    'a list that nothing mapped, by its sync and its unmap',
    [syncSg('cpu', [RAM]), unmapSg([RAM, RAM + 4096])],
    [
      'sync-not-mapped dev: 0x40000000 (4 KiB) was synced but no mapping covers it @1',
      'unmap-not-mapped dev: a scatterlist of 2 entries at physical 0x40000000 was unmapped but is not mapped @2',
    ],
  ],
  [
    'two live lists that begin at one page: an unmap means the one with its pages and direction, else the newest',
    [
      mapSg([RAM, RAM + 0x4000]),
      mapSg([RAM, RAM + 0x8000]),
      mapSg([RAM, RAM + 0x4000], BIDI),
      unmapSg([RAM, RAM + 0x4000]),
      unmapSg([RAM, RAM + 0x8000]),
      unmapSg([RAM, RAM + 0xc000], BIDI),
      END,
    ],
    [],
  ],
  [
    'an unmap that the log cut is taken for the whole list',
    [mapSg([RAM, RAM + 0x4000, RAM + 0x8000]), { ...unmapSg([RAM]), truncated: true } as EventBody, END],
    [],
  ],
  [
    'what is left of overlapping mappings of one line is counted by those that are live',
    [map(RAM, FROM), map(RAM + 8, { ...FROM, size: 8 }), unmap(RAM, FROM), map(RAM, FROM)],
    [
      'cacheline-overlap dev: the mapping of 0x40000008 begins in a cache line that another live mapping begins in @1,2',
      'cacheline-overlap dev: the mapping of 0x40000000 begins in a cache line that another live mapping begins in @2,4',
      'live-at-end dev: 2 mappings (4104 B) live at the end @2,4',
    ],
  ],
  [
    'overlaps name the oldest mapping, over borders of 64 KiB, and end one byte behind',
    [
      map(RAM, { ...BIDI, size: 0x3_0000 }),
      map(RAM + 0x2_0000, { ...FROM, size: 0x1_0001 }),
      map(RAM + 0x3_0001, { ...FROM, size: 4096 }),
      map(RAM + 0x2_ffff, { ...FROM, size: 1, attrs: ATTR.SKIP_CPU_SYNC }),
    ],
    [
      'overlapping-mappings dev: mapping 0x40020000 (65537 B, FROM_DEVICE) and mapping 0x40000000 (192 KiB, BIDIRECTIONAL) overlap at physical 0x40000000 (192 KiB) @1,2',
      'live-at-end dev: 4 mappings (266242 B) live at the end @1,2,3,4',
    ],
  ],
  [
    'two devices that both fill memory, and one that only reads it',
    [
      map(RAM, FROM),
      map(RAM + 128, { ...FROM, device: 'other', size: 64 }),
      map(RAM + 256, { ...BIDI, device: 'other', size: 64 }),
    ],
    [
      'conflicting-directions other and dev both hold physical 0x40000000 (4 KiB) as FROM_DEVICE @1,2',
      'live-at-end dev: 1 mapping (4 KiB) live at the end @1',
      'live-at-end other: 2 mappings (128 B) live at the end @2,3',
    ],
  ],
  [
    'of two live lists that begin at one page and are as long, the unmap ends the one with its pages',
    [mapSg([RAM, RAM + 0x4000]), mapSg([RAM, RAM + 0x8000]), unmapSg([RAM, RAM + 0x4000]), END],
    ['leak-mapping dev: scatterlist 0x40000000 (8 KiB, 2 entries, TO_DEVICE) was never unmapped @2,4'],
  ],
  [
    'of two with the same pages the one with its direction',
    [mapSg([RAM, RAM + 0x4000]), mapSg([RAM, RAM + 0x4000], BIDI), unmapSg([RAM, RAM + 0x4000]), END],
    ['leak-mapping dev: scatterlist 0x40000000 (8 KiB, 2 entries, BIDIRECTIONAL) was never unmapped @2,4'],
  ],
  [
    'what overlaps is found among many mappings too',
    [
      ...Array.from({ length: 150 }, (_, n) => map(RAM + n * 0x1_0000, { ...FROM, size: 4096 })),
      map(RAM + 0x1000 - 64, FROM),
      { event: 'oops', oops: { address: '0x0', function: 'f', callPath: [], reason: 'BUG', text: [] } },
    ],
    [
      'overlapping-mappings dev: mapping 0x40000fc0 (4 KiB, FROM_DEVICE) and mapping 0x40000000 (4 KiB, FROM_DEVICE) overlap at physical 0x40000000 (4 KiB) @1,151',
      'kernel-oops BUG at 0x0 in f @152',
    ],
  ],
  [
    'all ones are the address of a failed mapping, as far as numbers can tell them',
    [unmap(2 ** 64 - 2048), unmap(2 ** 64 - 4096)],
    [
      'unmap-error-cookie dev: the address of a failed mapping (4 KiB) was unmapped @1',
      'unmap-not-mapped dev: 0xfffffffffffff000 (4 KiB) was unmapped but is not mapped @2',
    ],
  ],
]

test.each(PAIRS)('%s', (_what, events, wanted) => {
  expect(said(events)).toEqual(wanted)
})
