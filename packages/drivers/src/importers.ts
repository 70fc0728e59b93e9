// Two ways in which graphics drivers use an imported dma-buf that no vb2 driver has: syncing its table, and walking its pages.
import type {
  Delivery,
  DisplayPort,
  Driver,
  DriverDef,
  DriverHost,
  DrmNode,
  FrameFormat,
  KResult,
  PluginApi,
  SgTable,
} from '@dmalab/api'
import { type Compared, delivery, readPlane } from './picture.ts'
import { createDisplay } from './display.ts'
import { createPrimeImporter, ownGem, type PrimeObject } from './prime.ts'

/** Offset of _refcount in struct page. Models: Linux v4.11 include/linux/mm_types.h: struct page */
const REFCOUNT_32 = 16
const REFCOUNT_64 = 52

/** What an importer does with an object when it uses it. */
type Use = (object: PrimeObject, payload: number) => Compared

/** An object that the device holds, its own or another's. */
interface Held {
  read(payload: number): Compared
  put(): void
}

/**
 * An importer that treats the imported table as its own streaming mapping: it syncs before and after the device reads.
 * The 2017 RFC exempts map and unmap from touching pages, not sync.
 */
export const syncingImporter = (api: PluginApi): DriverDef => ({
  name: 'drm-sync-importer',
  kernelName: 'etnaviv',
  source: 'drivers/gpu/drm drivers with cached buffer objects: dma_sync_sg_for_device on imported tables',
  classes: ['gpu'],
  create: (host) =>
    port(api, host, (object, payload) => {
      const { DIR } = api
      const { table, dmabuf } = object
      const resv = host.dmaBuf.resv(dmabuf)
      const job = resv.newFence(host.device.name, 'ring')
      resv.addFence(job, 'read')
      host.call('etnaviv_gem_cpu_fini', () => host.dma.syncSgForDevice(host.device, table, DIR.BIDIRECTIONAL))
      const plane = { cookie: table, dev: host.device, length: dmabuf.size, owner: dmabuf.owner }
      const read = readPlane(host, plane, payload, payload)
      resv.signal(job)
      host.call('etnaviv_gem_cpu_prep', () => host.dma.syncSgForCpu(host.device, table, DIR.BIDIRECTIONAL))
      return read
    }),
})

/**
 * An importer that makes an array of struct pages of the table, maps it into the kernel and reads with the CPU.
 * Models: Linux v4.11 drivers/gpu/drm/drm_prime.c: drm_prime_sg_to_page_addr_arrays
 */
export const pageWalkingImporter = (api: PluginApi): DriverDef => ({
  name: 'drm-page-importer',
  kernelName: 'etnaviv',
  source: 'Linux v4.11 drivers/gpu/drm: etnaviv, msm, omapdrm; ttm_tt page arrays',
  classes: [],
  create: (host) =>
    port(api, host, (object, payload) => {
      const { table, dmabuf } = object
      const frames = pagesOf(api, host, table)
      const at = host.mem.vmap(frames, 'cached')
      if (!at.ok) throw new Error(at.why)
      const expected = host.expected(dmabuf.owner)
      const expect =
        expected === undefined ? 0 : expected instanceof Uint8Array ? expected.subarray(0, payload) : expected
      const wrong = host.call('memcpy', () => host.cpu.compare(at.value, payload, expect, dmabuf.owner))
      host.mem.unmap(at.value)
      return { bytes: payload, wrong }
    }),
})

/**
 * A GPU whose own MMU joins the pieces of an imported list, or that takes one piece only, as the table of drivers says.
 * Models: Linux v6.12 drivers/gpu/drm/drm_gem_shmem_helper.c: drm_gem_shmem_prime_import_sg_table
 */
export const drmGpu = (api: PluginApi): DriverDef => ({
  name: 'drm-gpu',
  source: 'Linux v6.12 drivers/gpu/drm, with the import of each driver',
  classes: [],
  nodes: ['gpu'],
  maxSegmentSize: 0xffff_ffff,
  create: (host) => {
    const node = host.kernelDriver?.nodes.find((each): each is DrmNode => each.kind === 'gpu')
    if (node === undefined) throw new Error(`the table has no GPU for ${host.device.name}`)
    const read: Use = ({ table, dmabuf }, payload) =>
      readPlane(host, { cookie: table, dev: host.device, length: dmabuf.size, owner: dmabuf.owner }, payload, payload)
    return node.imports === 'contiguous'
      ? createDisplay(api, host, { importFunction: node.importFunction, refusesPieces: 'import' })
      : port(api, host, read)
  },
})

/** Page frames of a list as the walk finds them; touching one that is not a page is what the kernel would do too. */
const pagesOf = (api: PluginApi, host: DriverHost, table: SgTable) =>
  host.call('drm_prime_sg_to_page_addr_arrays', () =>
    table.entries().flatMap(({ page, offset, length }) => {
      const first = host.mem.pageToPfn(page)
      // get_page(): an atomic increment in whatever the pointer points at.
      host.mem.pageWord(page, host.kernel.dmaAddrSize === 4 ? REFCOUNT_32 : REFCOUNT_64)
      return Array.from({ length: api.pagesFor(offset + length) }, (_, i) => api.pfn(first + i))
    }),
  )

/** A driver with a display port whose only work is `use` on each plane. */
const port = (api: PluginApi, host: DriverHost, use: Use): Driver => {
  const { fail, ok } = api
  const importer = createPrimeImporter(api, host, host.device)
  const pictures = new Map<number, { readonly objects: readonly Held[]; readonly format: FrameFormat }>()
  let lastId = 0

  const hold = (fd: number): KResult<Held> => {
    const own = ownGem(host, fd)
    if (own !== undefined) {
      const { at, put } = own
      const { owner, size } = own.dmabuf
      const plane = { cookie: at, dev: host.device, length: size, owner }
      return ok({ read: (payload) => readPlane(host, plane, payload, payload), put })
    }
    const object = importer.import(fd)
    if (!object.ok) return object
    return ok({ read: (payload) => use(object.value, payload), put: () => importer.put(object.value) })
  }
  const holdAll = (fds: readonly number[]): KResult<Held[]> => {
    const objects: Held[] = []
    for (const fd of fds) {
      const object = hold(fd)
      if (!object.ok) {
        for (const other of objects) other.put()
        return object
      }
      objects.push(object.value)
    }
    return ok(objects)
  }

  const display: DisplayPort = {
    addFramebuffer: (fds, format) => {
      const objects = holdAll(fds)
      if (!objects.ok) return objects
      lastId += 1
      pictures.set(lastId, { objects: objects.value, format })
      return ok(lastId)
    },
    flip: (id, frame): KResult<Delivery> => {
      const picture = pictures.get(id)
      if (picture === undefined) return fail('ENOENT', `there is no picture ${id}`)
      const read = picture.objects.map((object, p) => object.read(picture.format.planes[p]?.payload ?? 0))
      return ok(delivery(frame, read))
    },
    removeFramebuffer: (id) => {
      const picture = pictures.get(id)
      if (picture === undefined) throw new Error(`there is no picture ${id}`)
      pictures.delete(id)
      for (const object of picture.objects) object.put()
    },
  }
  return {
    output: null,
    capture: null,
    display,
    setFormat: () => ok(undefined),
    work: () => [],
    close: () => {
      for (const id of pictures.keys()) display.removeFramebuffer(id)
    },
  }
}
