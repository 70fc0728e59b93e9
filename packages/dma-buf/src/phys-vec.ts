// Memory of a PCI device as a dma-buf: no struct page, so a list has bus addresses alone.
import {
  type AllocatorHost,
  ATTR,
  type Device,
  type Direction,
  type DmaAddr,
  type DmaBufOps,
  fail,
  type IovaState,
  type KResult,
  ok,
  PAGE_SIZE,
  type PhysAddr,
  type SgTable,
} from '@dmalab/api'

/** struct phys_vec: whole pages of a BAR. */
export interface PhysVec {
  readonly at: PhysAddr
  readonly len: number
}

/**
 * A file descriptor for memory of a device, as VFIO exports a BAR. ENOTTY before v6.19; EINVAL: not whole pages.
 * Models: Linux v6.19 drivers/vfio/pci/vfio_pci_dmabuf.c: vfio_pci_core_feature_dma_buf. Leaves out: more than one range, revocation.
 */
export const createDeviceMemoryBuf = (host: AllocatorHost, memory: PhysVec, owner: string): KResult<number> => {
  if (!host.kernel.physVecTables)
    return fail('ENOTTY', 'this kernel does not export memory of devices without struct page: that came with v6.19')
  const { at, len: size } = memory
  if (size === 0 || at % PAGE_SIZE !== 0 || size % PAGE_SIZE !== 0) return fail('EINVAL', `${owner} is not whole pages`)
  const ops = deviceMemoryOps(host, memory)
  const dmabuf = host.dmaBuf.export({ expName: 'vfio_pci_core', size, ops, priv: null, owner })
  if (!dmabuf.ok) return dmabuf
  const fd = host.dmaBuf.fd(dmabuf.value)
  if (!fd.ok) host.dmaBuf.put(dmabuf.value)
  return fd
}

/** Models: Linux v6.19 drivers/vfio/pci/vfio_pci_dmabuf.c: vfio_pci_dmabuf_ops */
const deviceMemoryOps = (host: AllocatorHost, memory: PhysVec): DmaBufOps => {
  const made = new Map<SgTable, Mapped>()
  return {
    attach: (_buf, { peer2peer, dev }) =>
      host.call('vfio_pci_dma_buf_attach', () =>
        peer2peer
          ? ok(undefined)
          : fail('EOPNOTSUPP', `${dev.name} does not take memory of other devices (allow_peer2peer)`),
      ),
    detach: () => undefined,
    map: ({ dev }, dir) =>
      host.call(['vfio_pci_dma_buf_map', 'dma_buf_phys_vec_to_sgt'], () => {
        const mapped = mapTo(host, dev, memory, dir)
        if (!mapped.ok) return mapped
        const table = listOf(host, mapped.value.at, memory.len)
        if (table.ok) made.set(table.value, mapped.value)
        else undo(host, dev, memory, mapped.value, dir)
        return table
      }),
    unmap: ({ dev }, table, dir) =>
      host.call(['vfio_pci_dma_buf_unmap', 'dma_buf_free_sgt'], () => {
        const mapped = made.get(table)
        if (mapped === undefined) throw new Error('the list was not made here')
        made.delete(table)
        undo(host, dev, memory, mapped, dir)
        host.sgFree(table)
      }),
    beginCpuAccess: () => ok(undefined),
    endCpuAccess: () => ok(undefined),
    mmap: () => fail('EINVAL', 'memory of a device is mapped through the descriptor of the device'),
    vmap: () => fail('EINVAL', 'memory of a device has no vmap'),
    vunmap: () => undefined,
    kmap: () => fail('EINVAL', 'memory of a device has no kmap'),
    release: () => undefined,
  }
}

/** Where the importer finds the memory, and how it was mapped. */
interface Mapped {
  readonly at: DmaAddr
  readonly state: IovaState | null
}

/**
 * EINVAL: the importer is no PCI device, so no way between the two is known. Behind an IOMMU the memory is linked to addresses that were
 * taken first; else it is mapped as it is, which a device that is forced to bounce refuses.
 * Models: Linux v6.19 drivers/dma-buf/dma-buf-mapping.c: dma_buf_phys_vec_to_sgt
 * Leaves out: devices behind one PCI switch, which use addresses of the bus; host bridges that do not forward; entries above 4 GiB.
 */
const mapTo = (host: AllocatorHost, dev: Device, { at, len }: PhysVec, dir: Direction): KResult<Mapped> => {
  if (dev.facts.pci === undefined) return fail('EINVAL', `${dev.name} is no PCI device: no way to the memory is known`)
  const taken = host.dma.iovaTryAlloc(dev, 0 as PhysAddr, len)
  if (!taken.ok) {
    const mapped = host.dma.mapPhys(dev, at, len, dir, ATTR.MMIO)
    return mapped.ok ? ok({ at: mapped.value, state: null }) : fail('ENOMEM', mapped.why)
  }
  const state = taken.value
  const linked = host.dma.iovaLink(dev, state, at, 0, len, dir, ATTR.MMIO)
  if (!linked.ok) {
    host.dma.iovaFree(dev, state)
    return linked
  }
  host.dma.iovaSync(dev, state, 0, len)
  return ok({ at: state.addr, state })
}

/** Models: Linux v6.19 drivers/dma-buf/dma-buf-mapping.c: fill_sg_entry */
const listOf = (host: AllocatorHost, at: DmaAddr, len: number): KResult<SgTable> => {
  const table = host.sgAlloc(1)
  if (!table.ok) return fail('ENOMEM', table.why)
  table.value.setPage(0, { kind: 'null' }, 0, 0)
  table.value.setDma(0, at, len)
  table.value.nents = 1
  // That the list has no pages shows by this alone.
  table.value.origNents = 0
  return table
}

/** Models: Linux v6.19 drivers/dma-buf/dma-buf-mapping.c: dma_buf_free_sgt */
const undo = (host: AllocatorHost, dev: Device, { len }: PhysVec, { at, state }: Mapped, dir: Direction): void => {
  if (state !== null) host.dma.iovaDestroy(dev, state, len, dir, ATTR.MMIO)
  else host.dma.unmapPhys(dev, at, len, dir, ATTR.MMIO)
}
