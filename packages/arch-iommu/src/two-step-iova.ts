// Mapping in two steps: bus addresses first, then memory behind them, linked piece by piece (dma_iova_*).
import type {
  Direction,
  DmaAddr,
  Host,
  IommuDomain,
  IommuLimits,
  IovaCalls,
  IovaState,
  KResult,
  PhysAddr,
  PluginApi,
} from '@dmalab/api'
import type { Bounce } from './bounce.ts'

/** What it shares with the op table of the device. */
export interface IovaParts {
  readonly domain: IommuDomain
  readonly bounce: Bounce
  readonly coherent: boolean
  limits(): IommuLimits
  protOf(dir: Direction, attrs: number): number
}

interface Piece {
  readonly at: DmaAddr
  readonly phys: PhysAddr
  readonly size: number
}

export const iovaCalls = (api: PluginApi, host: Host, parts: IovaParts): IovaCalls => {
  const { ATTR, fail, has, hex, ok } = api
  const { domain, bounce, coherent } = parts
  const { granule } = domain
  const { device } = host
  const bitOf = (name: string): number => host.kernel.attrs[name] ?? 0
  const [mmio, requireCoherent] = [bitOf('MMIO'), bitOf('REQUIRE_COHERENT')]
  const maintains = (attrs: number): boolean => !coherent && !has(attrs, ATTR.SKIP_CPU_SYNC + mmio)
  const aligned = (size: number): number => Math.ceil(size / granule) * granule
  const startOf = ({ addr }: IovaState): DmaAddr => (addr - (addr % granule)) as DmaAddr
  const sizeOf = ({ addr, size }: IovaState): number => aligned(size + (addr % granule))
  const place = ({ addr }: IovaState, offset: number): DmaAddr => (addr + offset) as DmaAddr

  /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: __dma_iova_link */
  const linkPiece = ({ at, phys, size }: Piece, dir: Direction, attrs: number): KResult<void> => {
    if (maintains(attrs)) host.arch.syncForDevice(phys, size, dir)
    return domain.mapAt(at, phys, size, parts.protOf(dir, attrs))
  }

  /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: iommu_dma_iova_bounce_and_link */
  const bounceAndLink = ({ at, phys, size }: Piece, dir: Direction, attrs: number, within: number): KResult<void> => {
    const slot = bounce.map(phys, size, dir, attrs)
    if (!slot.ok) return fail('ENOMEM', slot.why)
    const whole = { at: at - within, phys: slot.value - within, size: aligned(size) } as Piece
    const linked = linkPiece(whole, dir, attrs)
    if (!linked.ok) bounce.giveBack(slot.value, size, dir, attrs)
    return linked
  }

  /**
   * A first and a last piece that do not fill granules bounce, what lies between is linked as it is.
   * Models: Linux v7.2 drivers/iommu/dma-iommu.c: iommu_dma_iova_link_swiotlb
   */
  const linkBounced = (
    state: IovaState,
    phys: PhysAddr,
    offset: number,
    size: number,
    dir: Direction,
    attrs: number,
  ): KResult<void> => {
    const within = phys % granule
    const head = within === 0 ? 0 : Math.min(size, granule - within)
    const tail = head === size ? 0 : (phys + size) % granule
    const pieceAt = (from: number, len: number): Piece => ({
      at: place(state, offset + from),
      phys: (phys + from) as PhysAddr,
      size: len,
    })
    const undo = (done: number, linked: KResult<void>): KResult<void> => {
      if (!linked.ok && done > 0) unlinkRange(state, 0, done, dir, attrs)
      return linked
    }
    if (head > 0) {
      const linked = bounceAndLink(pieceAt(0, head), dir, attrs, within)
      if (!linked.ok) return linked
      state.bounced = true
    }
    const middle = size - head - tail
    if (middle > 0) {
      const linked = linkPiece(pieceAt(head, middle), dir, attrs)
      if (!linked.ok) return undo(head, linked)
    }
    if (tail === 0) return ok(undefined)
    const linked = bounceAndLink(pieceAt(head + middle, tail), dir, attrs, 0)
    if (linked.ok) state.bounced = true
    return undo(head + middle, linked)
  }

  /** Granule by granule, up to the first hole. Models: Linux v7.2 drivers/iommu/dma-iommu.c: iommu_dma_iova_unlink_range_slow */
  const takeBack = (at: DmaAddr, size: number, dir: Direction, attrs: number): void => {
    for (let done = 0; done < size;) {
      const from = (at + done) as DmaAddr
      const len = Math.min(size - done, granule - (from % granule))
      const phys = domain.iovaToPhys(from)
      if (phys === undefined) return
      if (maintains(attrs)) host.arch.syncForCpu(phys, len, dir)
      bounce.giveBack(phys, len, dir, attrs)
      done += len
    }
  }

  /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: __iommu_dma_iova_unlink */
  const unlinkRange = (state: IovaState, offset: number, size: number, dir: Direction, attrs: number): void => {
    const at = place(state, offset)
    const within = at % granule
    if (state.bounced || maintains(attrs)) takeBack(at, size, dir, attrs)
    const whole = aligned(size + within)
    const done = domain.unmapAt((at - within) as DmaAddr, whole)
    if (done !== whole) warnHole((at - within) as DmaAddr, whole, done)
  }
  const warnHole = (at: DmaAddr, size: number, done: number): void =>
    host.printk('warn', `WARNING: __iommu_dma_iova_unlink: unmapped ${done} of ${size} bytes at ${hex(at)}`)

  /** Entries that stay in the tables are in the way of whoever gets these addresses next. */
  const tellLeft = (at: DmaAddr, size: number): void => {
    let left = 0
    for (let page = at as number; page < at + size; page += granule)
      if (domain.iovaToPhys(page as DmaAddr) !== undefined) left += granule
    if (left === 0) return
    const text = `${device.name} gives back the bus addresses at ${hex(at)} (${size} bytes), and ${left} bytes of them stay mapped`
    host.emit({ event: 'kernel_quirk', code: 'iova-links-left', text, device: device.name })
  }

  /** The allocator keeps a range by the size with which it comes back. */
  const tellLost = (state: IovaState, whole: number): void => {
    const lost = domain.lostIova(sizeOf(state), whole)
    if (lost === 0) return
    const text = `${device.name} took ${sizeOf(state)} bytes of bus addresses at ${hex(startOf(state))} and gives back ${whole}: ${lost} are not handed out again`
    host.emit({ event: 'kernel_quirk', code: 'iova-part-lost', text, device: device.name })
  }

  return {
    /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_try_alloc */
    tryAlloc(at, size) {
      if (size === 0) {
        host.printk('warn', 'WARNING: dma_iova_try_alloc: no bytes are asked for')
        return fail('EINVAL', `${device.name} asks for bus addresses for 0 bytes`)
      }
      const within = at % granule
      const got = domain.allocIova(aligned(size + within), parts.limits())
      if (got === undefined) return fail('ENOMEM', `${device.name} has no bus addresses left for ${size} bytes`)
      return ok({ addr: (got + within) as DmaAddr, size, bounced: false })
    },

    /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_link */
    link(state, phys, offset, size, dir, attrs) {
      const within = phys % granule
      if (within !== 0 && offset > 0) return fail('EIO', 'only the first piece may begin inside a page')
      if (has(attrs, requireCoherent) && (state.bounced || !coherent))
        return fail(
          'EOPNOTSUPP',
          `DMA_ATTR_REQUIRE_COHERENT: ${device.name} ${coherent ? 'bounced' : 'does not snoop'}`,
        )
      if (bounce.bounces(phys, size, dir)) {
        if (has(attrs, mmio + requireCoherent)) return fail('EPERM', `${size} bytes would have to bounce`)
        return linkBounced(state, phys, offset, size, dir, attrs)
      }
      const at = (place(state, offset) - within) as DmaAddr
      return linkPiece({ at, phys: (phys - within) as PhysAddr, size: aligned(size + within) }, dir, attrs)
    },

    /**
     * Tables are seen as soon as they are written: there is no cache of missing entries that a map would have to empty.
     * Models: Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_sync. Leaves out: iotlb_sync_map of drivers whose hardware has one.
     */
    sync: () => ok(undefined),

    /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_unlink */
    unlink: unlinkRange,

    /** Models: Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_free */
    free(state) {
      domain.freeIova(startOf(state), sizeOf(state))
      tellLeft(startOf(state), sizeOf(state))
    },

    /**
     * The allocator gets the range back as one of the linked size: where more was allocated, a smaller request finds it in its cache,
     * and the rest of it is not handed out until the caches are emptied.
     * Models: Linux v7.2 drivers/iommu/dma-iommu.c: dma_iova_destroy
     */
    destroy(state, mapped, dir, attrs) {
      if (mapped === 0) return this.free(state)
      if (state.bounced || maintains(attrs)) takeBack(state.addr, mapped, dir, attrs)
      const whole = aligned(mapped + (state.addr % granule))
      const done = domain.unmap(startOf(state), whole)
      if (done !== whole) warnHole(startOf(state), whole, done)
      tellLeft(startOf(state), sizeOf(state))
      tellLost(state, whole)
    },
  }
}
