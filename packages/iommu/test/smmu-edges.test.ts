// What an SMMU's driver does with event records, and how it joins invalidations; and which tables a kernel accepts.
import { describe, expect, it } from 'vitest'
import {
  bitsOf,
  eventRecord,
  globalFault,
  handleEvents,
  type IoPgtableConfig,
  IotlbGather,
  shapeOf,
} from '../src/index.ts'

const K = 2 ** 10
const M = 2 ** 20

// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_handle_evt
describe('a stalled fault', () => {
  const bit = (n: number): bigint => 1n << BigInt(n)
  const STALL = bit(31)
  const record = (type: bigint, w1: bigint, w0 = 0n): bigint[] => [type | w0 | (9n << 32n), w1, 0x1234_5000n, 0n]
  const seen = (event: readonly bigint[], known = true, answer = 0) => {
    const requests: object[] = []
    const report = (request: object) => {
      requests.push(request)
      return answer
    }
    const streams: number[] = []
    const isKnown = (stream: number) => {
      streams.push(stream)
      return known
    }
    const lines = handleEvents([event], false, { known: isKnown, report })
    return { requests, lines: lines.length, streams }
  }

  it.each([
    ['a write', STALL | 5n, 0n, { flags: 2, pasid: 0, grpid: 5, perm: 2 }],
    ['a read', STALL | bit(35) | 0xffffn, 0n, { flags: 2, pasid: 0, grpid: 0xffff, perm: 1 }],
    ['an instruction fetch', STALL | bit(35) | bit(34), 0n, { flags: 2, pasid: 0, grpid: 0, perm: 5 }],
    ['a privileged write', STALL | bit(33), 0n, { flags: 2, pasid: 0, grpid: 0, perm: 10 }],
    ['of a process', STALL | bit(35), bit(11) | (0x12345n << 12n), { flags: 3, pasid: 0x12345, grpid: 0, perm: 1 }],
    [
      'not of the process whose number is not valid',
      STALL | bit(35),
      7n << 12n,
      { flags: 2, pasid: 0, grpid: 0, perm: 1 },
    ],
  ])('%s goes to the handler of page faults', (_, w1, w0, request) => {
    expect(seen(record(0x10n, w1, w0))).toEqual({
      requests: [{ addr: 0x1234_5000n, ...request }],
      lines: 0,
      streams: [9],
    })
  })

  it('is printed when the handler refuses it, no device owns it, it did not stall, or it is no fault of an access', () => {
    expect(seen(record(0x11n, STALL), true, -22)).toMatchObject({ lines: 5, requests: [{}] })
    expect(seen(record(0x12n, STALL), false)).toMatchObject({ lines: 5, requests: [] })
    expect(seen(record(0x13n, 0n))).toMatchObject({ lines: 5, requests: [] })
    expect(seen(record(0x0an, STALL))).toMatchObject({ lines: 5, requests: [] })
  })

  it('lost events are told last', () => {
    const lines = handleEvents([], true, { known: () => true, report: () => 0 })
    expect(lines).toEqual([['err', 'EVTQ overflow detected -- events lost']])
  })

  it('records of other events have neither address nor direction', () => {
    const fault = { streamId: 3, address: 0x77_0000n, write: false }
    expect(eventRecord({ type: 0x10, ...fault, stage2: true })).toEqual([
      0x3_0000_0010n,
      bit(35) | bit(39) | bit(41),
      0x77_0000n,
      0n,
    ])
    expect(eventRecord({ type: 0x02, ...fault })).toEqual([0x3_0000_0002n, 0n, 0n, 0n])
  })
})

it('a global fault: whose it is, and whether its stream was blocked', () => {
  const fault = { gfsr: 2, gfsynr0: 1, gfsynr1: 0x7_0011, gfsynr2: 3 }
  const [blocked, registers] = globalFault(fault) ?? []
  expect(blocked?.[1]).toMatch(/^Blocked unknown Stream ID 0x11; boot with/)
  expect(registers).toEqual(['err', '\tGFSR 0x00000002, GFSYNR0 0x00000001, GFSYNR1 0x00070011, GFSYNR2 0x00000003'])
  const serious = 'Unexpected global fault, this could be serious'
  expect(globalFault(fault, false)?.[0]).toEqual(['err', serious])
  expect(globalFault({ ...fault, gfsr: 4 })?.[0]).toEqual(['err', serious])
  expect(globalFault({ ...fault, gfsr: 0 })).toBeUndefined()
})

// Models: Linux v6.12 include/linux/iommu.h: iommu_iotlb_gather_is_disjoint
describe('pages that wait for their invalidation', () => {
  const target = { stage: 1, tag: 1, granule: 4096, ranges: true, e2h: false } as const
  const gather = (pages: readonly (readonly [page: number, size?: number, count?: number])[]) => {
    const iotlb = new IotlbGather(target)
    const forced = pages.map(([page, size = 4096, count = 1]) =>
      iotlb.addPages(BigInt(page * 4096), BigInt(size), count),
    )
    const at = (commands: readonly unknown[]) =>
      commands.flatMap((one) => (Array.isArray(one) ? [Number((one[1] as bigint) >> 12n)] : []))
    return { forced: forced.map(at), left: at(iotlb.sync()), again: iotlb.sync() }
  }
  it.each([
    ['one after the other', [[8], [9], [10]], [[], [], []], [8, 9, 10]],
    ['in front of the others', [[8], [7]], [[], []], [7]],
    ['behind a gap', [[8], [10]], [[], [8]], [10]],
    ['in front of a gap', [[8], [6]], [[], [8]], [6]],
    ['inside the others', [[8], [9], [8]], [[], [], []], [8]],
    ['of another size', [[512], [512, 2 ** 21]], [[], [512]], [512]],
  ] as const)('%s', (_, pages, forced, left) => {
    const got = gather(pages as never)
    expect(got.forced).toEqual(forced)
    expect(got.left[0]).toBe(left[0])
    expect(got.again).toEqual([])
  })

  it('cover all that was added, in one range', () => {
    expect(gather([[8, 4096, 3]]).left).toEqual(gather([[10], [9], [8]]).left)
    expect(gather([[8, 4096, 3]]).left).not.toEqual(gather([[8], [9]]).left.concat([0]))
  })
})

// Models: Linux v6.12 drivers/iommu/io-pgtable-arm.c: arm_lpae_restrict_pgsizes, arm_lpae_alloc_pgtable
describe('tables that a kernel accepts', () => {
  const LPAE: IoPgtableConfig = {
    format: 'ARM_64_LPAE_S1',
    pageSizes: 4 * K + 2 * M + 2 ** 30,
    ias: 48,
    oas: 48,
    quirks: 0,
    coherentWalk: true,
  }
  const shape = (more: Partial<IoPgtableConfig>) => shapeOf({ ...LPAE, ...more })

  it.each([
    ['the page size of the CPU before smaller ones', 4 * K + 1 * K, 4 * K],
    ['the CPU’s before larger ones', 4 * K + 16 * K + 64 * K, 4 * K],
    ['else the smallest of the larger ones', 64 * K + 16 * K + 512 * M, 16 * K],
    ['blocks that go with it, and no others', 16 * K + 2 * M + 32 * M, 16 * K + 32 * M],
    ['64 KiB and its blocks', 64 * K + 512 * M + 2 ** 30, 64 * K + 512 * M],
  ])('%s', (_, pageSizes, kept) => {
    expect(shape({ pageSizes })?.pageSizes).toBe(kept)
  })

  it.each<[string, Partial<IoPgtableConfig>]>([
    ['without a page size', { pageSizes: 0 }],
    ['with blocks alone', { pageSizes: 2 * M }],
    ['32-bit with 33 bits', { format: 'ARM_32_LPAE_S1', ias: 33, oas: 40 }],
    ['32-bit with 41 bits behind', { format: 'ARM_32_LPAE_S1', ias: 32, oas: 41 }],
    ['32-bit stage 2 with 41 bits', { format: 'ARM_32_LPAE_S2', ias: 41, oas: 40 }],
    ['32-bit stage 2 with 41 bits behind', { format: 'ARM_32_LPAE_S2', ias: 40, oas: 41 }],
    ['an output of 41 bits', { oas: 41 }],
    ['write-back walks that snoop', { quirks: 64, coherentWalk: true }],
    ['a quirk of another format', { quirks: 2 }],
    ['a quirk at stage 2', { format: 'ARM_64_LPAE_S2', quirks: 1 }],
    ['short descriptors with 33 bits', { format: 'ARM_V7S', ias: 33, oas: 32 }],
    ['short descriptors with 33 bits behind', { format: 'ARM_V7S', ias: 32, oas: 33 }],
    ['MediaTek’s with permissions', { format: 'ARM_V7S', ias: 32, oas: 32, quirks: 8 }],
    ['MediaTek’s with 35 bits', { format: 'ARM_V7S', ias: 35, oas: 35, quirks: 10 }],
    ['MediaTek’s with 36 bits behind', { format: 'ARM_V7S', ias: 32, oas: 36, quirks: 10 }],
    ['short descriptors with a quirk of long ones', { format: 'ARM_V7S', ias: 32, oas: 32, quirks: 32 }],
  ])('refuses: %s', (_, more) => {
    expect(shape(more)).toBeUndefined()
  })

  it.each<[string, Partial<IoPgtableConfig>, readonly [start: number, bits: number, pgd: number]]>([
    ['48 bits of 4 KiB', {}, [0, 9, 9]],
    ['39 bits of 4 KiB', { ias: 39 }, [1, 9, 9]],
    ['40 bits at stage 2: two tables side by side', { format: 'ARM_64_LPAE_S2', ias: 40 }, [1, 9, 10]],
    ['43 bits at stage 2: sixteen of them', { format: 'ARM_64_LPAE_S2', ias: 43 }, [1, 9, 13]],
    ['44 bits at stage 2: a level more', { format: 'ARM_64_LPAE_S2', ias: 44 }, [0, 9, 5]],
    ['52 bits are cut to 48', { ias: 52, oas: 48 }, [0, 9, 9]],
    ['52 bits of 64 KiB stay', { ias: 52, oas: 52, pageSizes: 64 * K }, [1, 13, 10]],
    ['32 bits of 16 KiB', { ias: 32, pageSizes: 16 * K }, [2, 11, 7]],
    ['short descriptors', { format: 'ARM_V7S', ias: 32, oas: 32 }, [1, 8, 12]],
    ['MediaTek’s 34 bits', { format: 'ARM_V7S', ias: 34, oas: 35, quirks: 10 }, [1, 8, 14]],
  ])('%s', (_, more, expected) => {
    const made = shape(more)
    expect([made?.startLevel, made?.bitsPerLevel, made?.pgdBits]).toEqual(expected)
  })

  it.each([
    [4 * K, 0, 0],
    [16 * K, 0, 2],
    [64 * K, 0, 1],
    [4 * K, 32, 2],
    [16 * K, 32, 1],
    [64 * K, 32, 3],
  ])('a granule of %d bytes with quirks %i is encoded as %i', (pageSizes, quirks, tg) => {
    expect(shape({ pageSizes, quirks })?.registers).toMatchObject({ kind: 's1', tcr: { tg } })
  })

  it('walks that do not snoop go past the caches, or are written back in the outer one', () => {
    const control = (more: Partial<IoPgtableConfig>) => shape(more)?.registers
    expect(control({})).toMatchObject({ tcr: { sh: 3, orgn: 1, irgn: 1, ps: 5, tsz: 16 } })
    expect(control({ coherentWalk: false })).toMatchObject({ tcr: { sh: 2, orgn: 0, irgn: 0 } })
    expect(control({ coherentWalk: false, quirks: 64 })).toMatchObject({ tcr: { sh: 2, orgn: 1, irgn: 0 } })
    expect(control({ oas: 32 })).toMatchObject({ tcr: { ps: 0 } })
    const v7s = (coherentWalk: boolean, quirks: number) =>
      control({ format: 'ARM_V7S', ias: 32, oas: 32, coherentWalk, quirks })
    expect([v7s(true, 0), v7s(false, 0), v7s(true, 10)]).toMatchObject([
      { ttbrAttr: 0x6a },
      { ttbrAttr: 0x2 },
      { ttbrAttr: 0 },
    ])
  })

  it('sizes of a bitmap', () => {
    expect([0, 1, 6, 2 ** 42 + 4096].map(bitsOf)).toEqual([[], [1], [2, 4], [4096, 2 ** 42]])
  })
})
