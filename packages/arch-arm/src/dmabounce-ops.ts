// The op table `dmabounce`: a device on a narrow bus gets copies of what it cannot reach.
import type {
  Coherent,
  Direction,
  DmaAddr,
  DmaOps,
  DmaOpsDef,
  Host,
  KernelVaddr,
  PluginApi,
  SgTable,
} from '@dmalab/api'
import { armOps, armTable } from './arm-ops.ts'
import type { MaskCheck } from './dma-supported.ts'
import { safeMemory } from './safe-memory.ts'

/** A copy in memory that the device reaches. */
interface SafeBuffer extends Coherent {
  readonly original: KernelVaddr
  readonly size: number
  readonly dir: Direction
}

/** Models: Linux v4.11 arch/arm/common/dmabounce.c: dmabounce_ops */
export const dmabounceOps = (api: PluginApi): DmaOpsDef => {
  const arm = armOps(api)
  return {
    name: 'dmabounce',
    source: 'Linux v4.11 arch/arm/common/dmabounce.c: dmabounce_ops',
    caps: { ...arm.caps, bounces: true },
    symbols: {
      ...arm.symbols,
      mapPage: ['dmabounce_map_page'],
      unmapPage: ['dmabounce_unmap_page'],
      syncSingleForCpu: ['dmabounce_sync_for_cpu'],
      syncSingleForDevice: ['dmabounce_sync_for_device'],
    },
    attach: (_device, host) => table(api, host, armTable(api, host, false, zoneFor(api, host))),
  }
}

/**
 * Platforms that register devices here state a DMA zone that those devices reach, so their coherent memory is there.
 * Models: Linux v4.11 arch/arm/include/asm/mach/arch.h: struct machine_desc, dma_zone_size
 */
const zoneFor = (api: PluginApi, { device }: Host): MaskCheck => ({
  supports: () => true,
  coherentMask: () => api.ok(device.coherentDmaMask),
})

const table = (api: PluginApi, host: Host, arm: DmaOps): DmaOps => {
  const { device, mem } = host
  // dma_set_mask() succeeds and changes nothing. Models: Linux v4.11 arch/arm/common/dmabounce.c: dmabounce_set_mask
  const { maskBits } = device
  const { ATTR, DIR, fail, has, hex, ok, physOf } = api
  const safe = new Map<DmaAddr, SafeBuffer>()
  const memory = safeMemory(api, host)
  /** What needs no copy goes to functions of arm_dma_ops, by that table. */
  const armDmaOps = (): DmaOps => host.table('arm')

  /**
   * The mask check comes first; where it says nothing the platform's own check decides: here, the end of the device's bus.
   * Models: Linux v4.11 arch/arm/common/dmabounce.c: needs_bounce
   */
  const needsBounce = (handle: DmaAddr, size: number): 'too big' | boolean => {
    const window = 2 ** maskBits
    // (mask + 1) & ~mask is 0 for a mask of 32 bits: no limit.
    if (maskBits < 32 && size > window) {
      host.printk(
        'err',
        `${api.devString(device)}: DMA mapping too big (requested ${hex(size)} mask ${hex(window - 1)})`,
      )
      return 'too big'
    }
    if (maskBits < 32 && (handle >= window || handle + size - 1 >= window)) return true
    return handle + size - 1 > (device.facts.busLimit ?? Infinity)
  }

  const copy = (buffer: SafeBuffer, to: 'safe' | 'original', offset: number, len: number): void => {
    const from = to === 'safe' ? buffer.original : buffer.cpuAddr
    const into = to === 'safe' ? buffer.cpuAddr : buffer.original
    const at = (base: KernelVaddr): KernelVaddr => (base + BigInt(offset)) as KernelVaddr
    mem.memcpy(at(into), at(from), len)
  }

  /** The copy that holds a bus address, if any. Models: Linux v4.11 arch/arm/common/dmabounce.c: find_safe_buffer_dev */
  const find = (handle: DmaAddr, where: string): SafeBuffer | undefined => {
    if (handle === 2 ** (8 * host.kernel.dmaAddrSize) - 1)
      host.printk('err', `${api.devString(device)}: Trying to ${where} invalid mapping`)
    return [...safe.values()].find((one) => one.handle <= handle && handle < one.handle + one.size)
  }

  /** Models: Linux v4.11 arch/arm/common/dmabounce.c: map_single */
  const bounce = (original: KernelVaddr, size: number, dir: Direction, attrs: number) => {
    const got = memory.alloc(size)
    if (!got.ok) {
      host.printk('warn', `${api.devString(device)}: alloc_safe_buffer: could not alloc dma memory (size=${size})`)
      host.printk('err', `${api.devString(device)}: map_single: unable to map unsafe buffer ${hex(original)}!`)
      return fail('EIO', `no memory for a copy: ${got.why}`)
    }
    const buffer = { original, size, dir, ...got.value }
    safe.set(buffer.handle, buffer)
    // While it stands for the original, it is not memory of another owner.
    const [at, from] = [host.dmaToPhys(buffer.handle), mem.resolve(original)]
    const owner = from === undefined ? undefined : mem.ownerAt(from.phys)
    if (at !== undefined && owner !== undefined) mem.own(at, size, owner)
    host.emit({
      event: 'swiotlb_bounced',
      device: device.name,
      dmaMask: 2 ** maskBits - 1,
      // The address that the device would have used.
      devAddr: (from === undefined ? undefined : host.physToDma(from.phys)) ?? 2 ** 64 - 1,
      size,
      force: false,
      ...(from === undefined ? {} : { physAddr: from.phys }),
    })
    if (dir !== DIR.FROM_DEVICE && !has(attrs, ATTR.SKIP_CPU_SYNC)) copy(buffer, 'safe', 0, size)
    return ok(buffer.handle)
  }

  /** Models: Linux v4.11 arch/arm/common/dmabounce.c: dmabounce_map_page */
  const mapPage: DmaOps['mapPage'] = (page, offset, size, dir, attrs) => {
    const handle = host.physToDma(physOf(mem.pageToPfn(page), offset))
    if (handle === undefined) return fail('EIO', 'no window reaches this page')
    const needed = needsBounce(handle, size)
    if (needed === 'too big') return fail('EIO', `${size} bytes are more than ${device.name} reaches`)
    if (!needed) {
      armDmaOps().syncSingleForDevice(handle, size, dir)
      return ok(handle)
    }
    if (mem.pageHighMem(page)) {
      host.printk('err', `${api.devString(device)}: DMA buffer bouncing of HIGHMEM pages is not supported`)
      return fail('EIO', 'highmem is not bounced')
    }
    return bounce(mem.linearAddress(physOf(mem.pageToPfn(page), offset)), size, dir, attrs)
  }

  /** Models: Linux v4.11 arch/arm/common/dmabounce.c: dmabounce_unmap_page, unmap_single */
  const unmapPage: DmaOps['unmapPage'] = (handle, size, dir, attrs) => {
    const buffer = find(handle, 'dmabounce_unmap_page')
    if (buffer === undefined) return armDmaOps().syncSingleForCpu(handle, size, dir)
    if (buffer.size !== size) host.bug('buf->size != size')
    if (buffer.dir !== dir) host.bug('buf->direction != dir')
    if (dir !== DIR.TO_DEVICE && !has(attrs, ATTR.SKIP_CPU_SYNC)) {
      copy(buffer, 'original', 0, size)
      // So that a page mapped into user space, or executed, sees the bytes.
      host.cache.dmacFlush(buffer.original, size)
    }
    safe.delete(buffer.handle)
    memory.free(buffer, buffer.size)
  }

  /** Models: Linux v4.11 arch/arm/common/dmabounce.c: __dmabounce_sync_for_cpu, __dmabounce_sync_for_device */
  const syncSingle = (handle: DmaAddr, size: number, dir: number, to: 'safe' | 'original'): boolean => {
    const buffer = find(handle, `__dmabounce_sync_for_${to === 'original' ? 'cpu' : 'device'}`)
    if (buffer === undefined) return false
    if (buffer.dir !== dir) host.bug('buf->direction != dir')
    const useless = to === 'original' ? DIR.TO_DEVICE : DIR.FROM_DEVICE
    if (dir !== useless) copy(buffer, to, handle - buffer.handle, size)
    return true
  }
  const syncSingleForCpu: DmaOps['syncSingleForCpu'] = (handle, size, dir) => {
    if (!syncSingle(handle, size, dir, 'original')) armDmaOps().syncSingleForCpu(handle, size, dir)
  }
  const syncSingleForDevice: DmaOps['syncSingleForDevice'] = (handle, size, dir) => {
    if (!syncSingle(handle, size, dir, 'safe')) armDmaOps().syncSingleForDevice(handle, size, dir)
  }
  const each = (list: SgTable, nents: number, body: (handle: DmaAddr, length: number) => void): void => {
    for (let i = 0; i < nents; i++) body(list.entry(i).dmaAddress, list.entry(i).length)
  }

  return {
    ...arm,
    mapPage,
    unmapPage,
    syncSingleForCpu,
    syncSingleForDevice,
    // arm_dma_map_sg and arm_dma_unmap_sg go through the table's own map_page and unmap_page.
    syncSgForCpu: (list, nents, dir) => each(list, nents, (at, len) => host.ops().syncSingleForCpu(at, len, dir)),
    syncSgForDevice: (list, nents, dir) => each(list, nents, (at, len) => host.ops().syncSingleForDevice(at, len, dir)),
    // A bouncing device takes any mask.
    dmaSupported: () => true,
  }
}
