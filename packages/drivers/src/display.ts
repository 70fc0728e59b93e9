// Displays: frame buffers made of imported dma-bufs, scanned out by bus address.
import type { DmaAddr, DmaBuf, Driver, DriverHost, FrameFormat, KResult, PluginApi, SgTable } from '@dmalab/api'
import { delivery, type PlaneMemory, readPlane } from './picture.ts'
import { createPrimeImporter, firstRun, ownGem } from './prime.ts'

/** A plane that can be shown. */
interface Scanout {
  readonly dmabuf: DmaBuf
  /** Bus address; for hardware that joins pieces, the list. */
  readonly at: DmaAddr | SgTable
  /** Bytes that the display sees in one piece from there. */
  readonly run: number
  put(): void
}

interface Framebuffer {
  readonly objects: readonly Scanout[]
  readonly format: FrameFormat
}

/** What makes one display differ from another. */
export interface DisplayModel {
  /** Function that makes an object of an imported list, and says no. */
  readonly importFunction: string
  /**
   * When a list in pieces is refused: at the import, when a frame buffer is made of it, when it is shown, or never: the hardware joins
   * the pieces.
   */
  readonly refusesPieces: 'import' | 'framebuffer' | 'flip' | 'never'
}

/** PRIME import, ADDFB2, page flip. */
export const createDisplay = (api: PluginApi, host: DriverHost, model: DisplayModel): Driver => {
  const { fail, ok } = api
  const importer = createPrimeImporter(api, host, host.device)
  const framebuffers = new Map<number, Framebuffer>()
  let lastId = 0

  const importFd = (fd: number): KResult<Scanout> => {
    const own = ownGem(host, fd)
    if (own !== undefined) return ok({ dmabuf: own.dmabuf, at: own.at, run: own.dmabuf.size, put: own.put })
    const object = importer.import(fd)
    if (!object.ok) return object
    const { dmabuf, table } = object.value
    const put = (): void => importer.put(object.value)
    if (model.refusesPieces === 'never') return ok({ dmabuf, at: table, run: dmabuf.size, put })
    const run = firstRun(table)
    if (model.refusesPieces === 'import' && run < dmabuf.size) {
      put()
      const why = `takes only what lies in one piece, and of the ${kib(dmabuf.size)} of ${dmabuf.owner} the first piece has ${kib(run)}: it must come from dma-contig, a CMA heap, or a dumb buffer`
      return host.call(model.importFunction, () => fail('EINVAL', `${host.device.name} ${why}`))
    }
    return ok({ dmabuf, at: model.refusesPieces === 'flip' ? table : table.entry(0).dmaAddress, run, put })
  }

  /** Imports every fd or none. */
  const importAll = (fds: readonly number[]): KResult<Scanout[]> => {
    const objects: Scanout[] = []
    for (const fd of fds) {
      const object = drmIoctl(api, host, 'PRIME_FD_TO_HANDLE', () => importFd(fd))
      if (!object.ok) {
        for (const other of objects) other.put()
        return object
      }
      objects.push(object.value)
    }
    return ok(objects)
  }

  const create = (objects: readonly Scanout[], format: FrameFormat): KResult<number> => {
    for (const [p, plane] of format.planes.entries()) {
      const object = objects[p]
      if (object === undefined) return fail('ENOENT', `plane ${p} has no object`)
      if (object.dmabuf.size < plane.payload)
        return fail(
          'EINVAL',
          `${object.dmabuf.owner} has ${object.dmabuf.size} bytes, plane ${p} needs ${plane.payload}`,
        )
      if (object.run < plane.payload && model.refusesPieces === 'framebuffer') {
        host.printk('err', `${api.devString(host.device)}: [drm] Non-contiguous GEM memory is not supported.`)
        return fail('EINVAL', notInOnePiece(object))
      }
    }
    lastId += 1
    framebuffers.set(lastId, { objects, format })
    return ok(lastId)
  }

  const notInOnePiece = ({ dmabuf }: Scanout): string => `${host.device.name} does not see ${dmabuf.owner} in one piece`

  /** Models: Linux v6.12 drivers/gpu/drm/tegra/plane.c: tegra_dc_pin */
  const pin = ({ objects, format }: Framebuffer): KResult<void> => {
    if (model.refusesPieces !== 'flip') return ok(undefined)
    const short = objects.findIndex(({ run }, plane) => run < (format.planes[plane]?.payload ?? 0))
    const object = objects[short]
    if (object === undefined) return ok(undefined)
    return host.call(model.importFunction, () => {
      host.printk('err', `${api.devString(host.device)}: failed to map plane ${short}: -22`)
      return fail('EINVAL', notInOnePiece(object))
    })
  }

  const remove = (id: number): void => {
    const framebuffer = framebuffers.get(id)
    if (framebuffer === undefined) throw new Error(`there is no frame buffer ${id}`)
    framebuffers.delete(id)
    for (const object of framebuffer.objects) object.put()
  }

  const memory = ({ objects, format }: Framebuffer): { plane: PlaneMemory; payload: number }[] =>
    format.planes.flatMap(({ payload }, p) => {
      const object = objects[p]
      if (object === undefined) return []
      const { owner, size } = object.dmabuf
      const plane = { cookie: object.at, dev: host.device, length: size, owner }
      return [{ plane, payload }]
    })

  return {
    output: null,
    capture: null,
    display: {
      addFramebuffer: (fds, format) => {
        const objects = importAll(fds)
        if (!objects.ok) return objects
        const framebuffer = drmIoctl(api, host, 'MODE_ADDFB2', () => create(objects.value, format))
        if (!framebuffer.ok) for (const object of objects.value) object.put()
        return framebuffer
      },
      flip: (id, frame) => {
        const framebuffer = framebuffers.get(id)
        if (framebuffer === undefined) return fail('ENOENT', `there is no frame buffer ${id}`)
        const flipped = drmIoctl(api, host, 'MODE_PAGE_FLIP', () => {
          const pinned = pin(framebuffer)
          return pinned.ok ? waitForWriters(host, framebuffer.objects) : pinned
        })
        if (!flipped.ok) return flipped
        return ok(
          delivery(
            frame,
            memory(framebuffer).map(({ plane, payload }) => readPlane(host, plane, payload, plane.length)),
          ),
        )
      },
      removeFramebuffer: remove,
    },
    setFormat: () => ok(undefined),
    work: () => [],
    close: () => {
      for (const id of framebuffers.keys()) remove(id)
    },
  }
}

const kib = (bytes: number): string => `${bytes / 1024} KiB`

/**
 * Implicit synchronisation: the picture must be finished before it is shown. ETIME: it will never be finished.
 * Models: Linux v6.12 drivers/gpu/drm/drm_gem_atomic_helper.c: drm_gem_plane_helper_prepare_fb
 */
const waitForWriters = (host: DriverHost, objects: readonly Scanout[]): KResult<void> =>
  host.call('drm_gem_plane_helper_prepare_fb', () => {
    for (const { dmabuf } of objects) {
      const waited = host.dmaBuf.resv(dmabuf).wait('read')
      if (!waited.ok) return waited
    }
    return { ok: true, value: undefined }
  })

/** Runs a DRM ioctl with its call path and reports what it returned. */
const drmIoctl = <T>(api: PluginApi, host: DriverHost, name: string, body: () => KResult<T>): KResult<T> => {
  const entry = host.kernel.arch.syscallPath
  const result = host.call([...entry, 'drm_ioctl'], body)
  const outcome = result.ok ? {} : { errno: result.errno, why: result.why }
  host.emit({ event: 'ioctl', name: `DRM_IOCTL_${name}`, device: host.device.name, ...outcome })
  return result
}
