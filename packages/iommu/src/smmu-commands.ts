// TLB invalidation as an SMMUv3 driver issues it: the gather that joins pages, and the commands in its queue.

/** Two words, or the sync that ends a batch. */
export type SmmuCommand = readonly [bigint, bigint] | 'sync'

export interface InvalidationTarget {
  readonly stage: 1 | 2
  /** ASID at stage 1, VMID at stage 2. */
  readonly tag: number
  /** Smallest page of the domain, bytes. */
  readonly granule: number
  /** The SMMU invalidates ranges with one command. */
  readonly ranges: boolean
  /** The kernel runs at EL2 with E2H. */
  readonly e2h: boolean
}

const OP = { nhVa: 0x12, el2Va: 0x22, s2Ipa: 0x2a } as const
const VA_MASK = 0xffff_ffff_ffff_f000n
const IPA_MASK = 0x000f_ffff_ffff_f000n
const MOST_CHUNKS = 31n
const U64 = (1n << 64n) - 1n

/**
 * Commands that invalidate [iova, iova + size). `leaf`: only last-level entries of `granule` bytes are concerned.
 *
 * Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: __arm_smmu_tlb_inv_range
 * Leaves out: batches of more than 64 commands are still one batch; ATS.
 */
export function invalidateRange(
  to: InvalidationTarget,
  iova: bigint,
  size: bigint,
  granule: bigint,
  leaf: boolean,
): SmmuCommand[] {
  if (size === 0n) return []
  const tg = BigInt(Math.log2(to.granule))
  const end = (iova + size) & U64
  const commands: SmmuCommand[] = []
  let pages = to.ranges ? size >> tg : 0n
  if (to.ranges && !leaf && (pages & MOST_CHUNKS) === 1n) pages++
  const ttl = to.ranges && leaf ? 4n - (log2(granule) - 3n) / (tg - 3n) : 0n
  const low = leaf ? 1n : 0n
  for (let at = iova; at < end;) {
    if (!to.ranges) {
      commands.push(command(to, at, 0n, low))
      at += granule
      continue
    }
    const scale = trailingZeros(pages)
    const chunks = (pages >> scale) & MOST_CHUNKS
    commands.push(
      command(to, at, ((chunks - 1n) << 12n) | (scale << 20n), low | (ttl << 8n) | (((tg - 10n) / 2n) << 10n)),
    )
    at += chunks << (scale + tg)
    pages -= chunks << scale
  }
  return [...commands, 'sync']
}

function command(to: InvalidationTarget, at: bigint, range: bigint, low: bigint): SmmuCommand {
  if (to.stage === 2) return [BigInt(OP.s2Ipa) | range | (BigInt(to.tag) << 32n), (at & IPA_MASK) | low]
  return [BigInt(to.e2h ? OP.el2Va : OP.nhVa) | range | (BigInt(to.tag) << 48n), (at & VA_MASK) | low]
}

/**
 * struct iommu_iotlb_gather: pages wait until they are synced; a page of another size, or one that does not touch the
 * others, syncs those first.
 *
 * Models: Linux v6.12 include/linux/iommu.h: iommu_iotlb_gather_add_page
 */
export class IotlbGather {
  private range: { start: bigint; end: bigint; readonly pageSize: bigint } | undefined
  private readonly target: InvalidationTarget

  constructor(target: InvalidationTarget) {
    this.target = target
  }

  /** Adds `count` pages, iova advancing; returns the commands of syncs that this forced. */
  addPages(iova: bigint, pageSize: bigint, count: number): SmmuCommand[] {
    const commands: SmmuCommand[] = []
    for (let i = 0n; i < BigInt(count); i++) {
      const start = iova + i * pageSize
      const end = start + pageSize - 1n
      const { range } = this
      const foreign =
        range !== undefined &&
        (range.pageSize !== pageSize || (range.end !== 0n && (end + 1n < range.start || start > range.end + 1n)))
      if (foreign) commands.push(...this.sync())
      const kept = this.range ?? { start, end, pageSize }
      this.range = { start: min(kept.start, start), end: max(kept.end, end), pageSize }
    }
    return commands
  }

  /** Invalidates what waits. Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_iotlb_sync */
  sync(): SmmuCommand[] {
    const { range } = this
    this.range = undefined
    if (range === undefined) return []
    return invalidateRange(this.target, range.start, range.end - range.start + 1n, range.pageSize, true)
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const log2 = (x: bigint): bigint => BigInt(x.toString(2).length - 1)
const trailingZeros = (x: bigint): bigint => log2(x & -x)
