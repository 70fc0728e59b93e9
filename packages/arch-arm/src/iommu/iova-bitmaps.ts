// Bus address space of a v4.11 ARM IOMMU mapping: bitmaps of at most 128 MiB each, one bit a page, filled from the bottom.
import type { DmaAddr, KResult, PluginApi } from '@dmalab/api'

export interface IovaWindow {
  readonly base: number
  /** Bytes. */
  readonly size: number
  /** CONFIG_ARM_DMA_IOMMU_ALIGNMENT: order of the largest alignment, in pages. */
  readonly alignment: number
}

/** Bits of one page of bitmap. */
const BITS_PER_PAGE = 8 * 4096
const LONG_BITS = 32
const FOUR_GIB = 2 ** 32

export class IovaBitmaps {
  readonly base: number
  /** Of each bitmap. */
  readonly bits: number
  /** Bitmaps allowed. */
  readonly extensions: number
  private readonly api: PluginApi
  private readonly alignment: number
  /** One byte a page, 1 = taken. */
  private readonly bitmaps: Uint8Array[]

  private constructor(api: PluginApi, window: IovaWindow, bits: number, extensions: number) {
    this.api = api
    this.base = window.base
    this.alignment = window.alignment
    this.bits = bits
    this.extensions = extensions
    this.bitmaps = [new Uint8Array(bits)]
  }

  /**
   * ERANGE above 4 GiB, EINVAL for less than a page. Pages up to the next 32 belong to a small window; one of more than 128 MiB
   * loses what is not a multiple of 128 MiB.
   * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_create_mapping
   */
  static create(api: PluginApi, window: IovaWindow): KResult<IovaBitmaps> {
    if (window.size > FOUR_GIB) return api.fail('ERANGE', 'bus address space has 32 bits')
    const words = Math.ceil(Math.floor(window.size / api.PAGE_SIZE) / LONG_BITS)
    if (words === 0) return api.fail('EINVAL', 'the window has no page')
    const bits = words * LONG_BITS
    if (bits <= BITS_PER_PAGE) return api.ok(new IovaBitmaps(api, window, bits, 1))
    return api.ok(new IovaBitmaps(api, window, BITS_PER_PAGE, Math.floor(bits / BITS_PER_PAGE)))
  }

  /**
   * Another bitmap is begun only when none of those in use has room, and a request never spans two.
   * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __alloc_iova, extend_iommu_mapping
   */
  alloc(size: number): DmaAddr | undefined {
    const count = this.api.pagesFor(size)
    // get_order(0) is that of the whole address space.
    const align = 2 ** (size === 0 ? this.alignment : Math.min(this.alignment, this.api.orderOf(size)))
    for (let i = 0; i <= this.bitmaps.length && i < this.extensions; i++) {
      const fresh = i === this.bitmaps.length
      if (fresh) this.bitmaps.push(new Uint8Array(this.bits))
      const start = this.findZeroArea(i, count, align)
      if (start !== undefined) {
        this.bitmaps[i]?.fill(1, start, start + count)
        return (this.base + (i * this.bits + start) * this.api.PAGE_SIZE) as DmaAddr
      }
      if (fresh) return undefined
    }
    return undefined
  }

  /**
   * False where the kernel has a BUG(): the range is not of this window, or spans two bitmaps.
   * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __free_iova
   */
  free(at: DmaAddr, size: number): boolean {
    if (size === 0) return true
    const page = Math.floor((at - this.base) / this.api.PAGE_SIZE)
    const start = page % this.bits
    const bitmap = this.bitmaps[Math.floor(page / this.bits)]
    const count = Math.floor(size / this.api.PAGE_SIZE)
    if (page < 0 || bitmap === undefined || start + count > this.bits) return false
    bitmap.fill(0, start, start + count)
    return true
  }

  /** Pages taken. */
  get live(): number {
    return this.used()
      .flat()
      .reduce((sum, [, count]) => sum + count, 0)
  }

  /** Taken pages of each bitmap in use, as [first, count]. */
  used(): [number, number][][] {
    return this.bitmaps.map((bitmap) => {
      const runs: [number, number][] = []
      for (let at = bitmap.indexOf(1); at >= 0;) {
        const free = bitmap.indexOf(0, at)
        const end = free < 0 ? bitmap.length : free
        runs.push([at, end - at])
        at = bitmap.indexOf(1, end)
      }
      return runs
    })
  }

  /** Models: Linux v4.11 lib/bitmap.c: bitmap_find_next_zero_area_off */
  private findZeroArea(index: number, count: number, align: number): number | undefined {
    const bitmap = this.bitmaps[index]
    if (bitmap === undefined) return undefined
    let from = 0
    for (;;) {
      const zero = bitmap.indexOf(0, from)
      if (zero < 0) return undefined
      const start = Math.ceil(zero / align) * align
      if (start + count > this.bits) return undefined
      const taken = bitmap.indexOf(1, start)
      if (taken < 0 || taken >= start + count) return start
      from = taken + 1
    }
  }
}
