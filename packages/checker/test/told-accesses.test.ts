// What is said of accesses and of faults of an IOMMU, word for word, with the steps that prove it.
import { DIR, type EventBody } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { alloc, cpuAccess, deviceAccess, free, map, RAM, said, sync, unmap, unmapSg } from './events.ts'
const FROM = { dir: DIR.FROM_DEVICE }
const END: EventBody = { event: 'end' }

type Row = readonly [string, readonly EventBody[], readonly string[]]

/** Two pages that an IOMMU made one segment of. */
const merged: EventBody = {
  event: 'dma_map_sg',
  device: 'dev',
  dir: DIR.FROM_DEVICE,
  attrs: 0,
  nents: 2,
  ents: 1,
  truncated: false,
  dmaAddrs: [0xfff0_0000],
  sizes: [8192],
  physAddrs: [RAM, RAM + 0x10_0000],
}

const ACCESSES: readonly Row[] = [
  [
    'an access that runs from one mapping into the next is inside',
    [
      map(RAM, FROM),
      map(RAM + 4096, FROM),
      deviceAccess(true, RAM + 4000, 200),
      unmap(RAM, FROM),
      unmap(RAM + 4096, FROM),
    ],
    [],
  ],
  [
    'one that ends where the mapping ends is inside, one byte more is not',
    [map(RAM), deviceAccess(false, RAM + 4032, 64), deviceAccess(false, RAM + 4033, 64), unmap(RAM)],
    ['device-access-overrun dev read 64 B at 0x40000fc1: only 63 B from there on are mapped @1,3'],
  ],
  [
    'one right behind a mapping that is gone hits nothing, one of its last byte is use after unmap',
    [map(RAM), unmap(RAM), deviceAccess(true, RAM + 4096, 1), deviceAccess(true, RAM + 4095, 1)],
    [
      'device-access-unmapped dev wrote 1 B at 0x40001000: nothing is mapped there @3',
      'device-access-after-unmap dev wrote 1 B at 0x40000fff: mapping 0x40000000 (4 KiB, TO_DEVICE) was undone at step 2 @2,4',
    ],
  ],
  [
    'what a merged list holds is known by device address, not by page',
    [merged, deviceAccess(true, 0xfff0_1000, 4096), cpuAccess(true, RAM), unmapSg([RAM, RAM + 0x10_0000], FROM)],
    [],
  ],
  [
    'an access beside what a list that was cut in the log names may be right',
    [{ ...merged, nents: 200, ents: 200, truncated: true } as EventBody, deviceAccess(true, 0xfff8_0000, 64), END],
    ['leak-mapping dev: scatterlist 0xfff00000 (8 KiB, 200 entries, FROM_DEVICE) was never unmapped @1,3'],
  ],
  [
    "the CPU's write before the sync is what the device misses, the last one",
    [map(RAM), sync('cpu', RAM), cpuAccess(true, RAM), cpuAccess(true, RAM), deviceAccess(false, RAM, 64), unmap(RAM)],
    [
      'missing-sync dev read 64 B at 0x40000000: the CPU wrote mapping 0x40000000 (4 KiB, TO_DEVICE) at step 4 and did not sync it for the device @4,5',
    ],
  ],
  [
    'a device that only writes misses nothing',
    [map(RAM, FROM), sync('cpu', RAM, FROM), cpuAccess(true, RAM), deviceAccess(true, RAM, 64), unmap(RAM, FROM)],
    [],
  ],
  [
    'the CPU is named with what it did and whose memory it was',
    [map(RAM, FROM), cpuAccess(true, RAM + 4095), cpuAccess(false, RAM, 3), unmap(RAM, FROM)],
    [
      'cpu-access-device-owned app wrote 64 B at physical 0x40000fff while dev owns it: mapping 0x40000000 (4 KiB, FROM_DEVICE) @1,2',
      'stale-read app read 64 B at physical 0x40000000 and got 3 old bytes: mapping 0x40000000 (4 KiB, FROM_DEVICE) of dev was not synced for the CPU @1,3',
      'wrong-bytes app read 64 B at 0xb6f00000 (cached): 3 bytes are wrong @3',
    ],
  ],
  [
    'the CPU beside a mapping, through an uncached mapping, or in coherent memory is free',
    [
      map(RAM, FROM),
      cpuAccess(true, RAM + 4096),
      cpuAccess(true, RAM - 64),
      { ...cpuAccess(true, RAM), mapping: 'uncached' } as EventBody,
      unmap(RAM, FROM),
      alloc(RAM, { physAddr: RAM }),
      cpuAccess(true, RAM),
      free(RAM),
    ],
    [],
  ],
  [
    'bytes that lie apart are looked at one by one',
    [
      map(RAM, FROM),
      {
        ...cpuAccess(true, RAM + 0x10_0000),
        runs: [
          { base: RAM + 0x10_0000, len: 32 },
          { base: RAM + 4095, len: 32 },
        ],
      } as EventBody,
      unmap(RAM, FROM),
    ],
    [
      'cpu-access-device-owned app wrote 64 B at physical 0x40100000 while dev owns it: mapping 0x40000000 (4 KiB, FROM_DEVICE) @1,2',
    ],
  ],
  [
    'wrong bytes that a CPU without an address of its own wrote are told by physical address and buffer',
    [{ ...cpuAccess(true, RAM, 1), virtAddr: '', buffer: 'frame 0' } as EventBody],
    ['wrong-bytes frame 0: app wrote 64 B at physical 0x40000000 (cached): 1 bytes are wrong @1'],
  ],
]

test.each(ACCESSES)('%s', (_what, events, wanted) => {
  expect(said(events)).toEqual(wanted)
})
describe('an IOMMU fault', () => {
  const fault = (iova: number, flags = 0): EventBody => ({
    event: 'io_page_fault',
    driver: 'arm-smmu',
    device: 'dev',
    iova,
    flags,
  })
  const remapped = { ...map(RAM, FROM), dmaAddr: 0xfff0_0000 } as EventBody
  test.each<Row>([
    [
      'of a read, of a write',
      [fault(64), fault(64, 1)],
      [
        'iommu-fault dev: read at IOVA 0x40 was stopped; the log shows no mapping there @1',
        'iommu-fault dev: write at IOVA 0x40 was stopped; the log shows no mapping there @2',
      ],
    ],
    [
      'after an unmap',
      [remapped, unmap(0xfff0_0000, FROM), fault(0xfff0_0fff)],
      [
        'iommu-fault dev: read at IOVA 0xfff00fff was stopped; mapping 0xfff00000 (4 KiB, FROM_DEVICE) was undone at step 2: use after unmap @2,3',
      ],
    ],
    [
      'right behind a mapping, and a byte further',
      [remapped, fault(0xfff0_1000), fault(0xfff0_1001), unmap(0xfff0_0000, FROM)],
      [
        'iommu-fault dev: read at IOVA 0xfff01000 was stopped; mapping 0xfff00000 (4 KiB, FROM_DEVICE) ends here: an overrun @1,2',
        'iommu-fault dev: read at IOVA 0xfff01001 was stopped; the log shows no mapping there @3',
      ],
    ],
    [
      'at a physical address, also where the device address is that one',
      [
        remapped,
        fault(RAM + 4095),
        map(RAM + 0x8000),
        fault(RAM + 0x8000),
        unmap(RAM + 0x8000),
        unmap(0xfff0_0000, FROM),
      ],
      [
        'iommu-fault dev: read at IOVA 0x40000fff was stopped; this is the physical address of mapping 0xfff00000 (4 KiB, FROM_DEVICE): the device was given the wrong address @1,2',
        'iommu-fault dev: read at IOVA 0x40008000 was stopped; the log shows no mapping there @4',
      ],
    ],
  ])('%s', (_what, events, wanted) => {
    expect(said(events)).toEqual(wanted)
  })
})
