// DRM PRIME: a dma-buf becomes a GEM object of the importing device.
import type {
  Device,
  DmaAddr,
  DmaBuf,
  DmaBufAttachment,
  DriverHost,
  GemObject,
  KResult,
  PluginApi,
  SgTable,
} from '@dmalab/api'

/** An imported GEM object. */
export interface PrimeObject {
  readonly dmabuf: DmaBuf
  readonly attachment: DmaBufAttachment
  readonly table: SgTable
  /** Handles and frame buffers that hold it. */
  users: number
}

/** The file's PRIME state: one object for a dma-buf, however often its fd is imported. */
export interface PrimeImporter {
  /** EBADF; else what attach and map of the exporter say. */
  import(fd: number): KResult<PrimeObject>
  put(object: PrimeObject): void
}

/** Models: Linux v4.11 drivers/gpu/drm/drm_prime.c: drm_gem_prime_fd_to_handle, drm_gem_prime_import, drm_prime_gem_destroy */
export const createPrimeImporter = (api: PluginApi, host: DriverHost, device: Device): PrimeImporter => {
  const { DIR, ok } = api
  const objects = new Map<DmaBuf, PrimeObject>()

  const map = (dmabuf: DmaBuf): KResult<PrimeObject> => {
    const attachment = host.dmaBuf.attach(dmabuf, device)
    if (!attachment.ok) return attachment
    const table = host.dmaBuf.mapAttachment(attachment.value, DIR.BIDIRECTIONAL)
    if (!table.ok) {
      host.dmaBuf.detach(dmabuf, attachment.value)
      return table
    }
    return ok({ dmabuf, attachment: attachment.value, table: table.value, users: 0 })
  }

  return {
    import: (fd) =>
      host.call(['drm_prime_fd_to_handle_ioctl', 'drm_gem_prime_fd_to_handle', 'drm_gem_prime_import'], () => {
        const dmabuf = host.dmaBuf.get(fd)
        if (!dmabuf.ok) return dmabuf
        const known = objects.get(dmabuf.value)
        if (known !== undefined) {
          known.users += 1
          host.dmaBuf.put(dmabuf.value)
          return ok(known)
        }
        const object = map(dmabuf.value)
        if (!object.ok) {
          host.dmaBuf.put(dmabuf.value)
          return object
        }
        objects.set(dmabuf.value, object.value)
        object.value.users = 1
        return object
      }),

    put: (object) => {
      object.users -= 1
      if (object.users > 0) return
      objects.delete(object.dmabuf)
      host.call('drm_prime_gem_destroy', () => {
        host.dmaBuf.unmapAttachment(object.attachment, object.table, DIR.BIDIRECTIONAL)
        host.dmaBuf.detach(object.dmabuf, object.attachment)
        host.dmaBuf.put(object.dmabuf)
      })
    },
  }
}

/** A reference to an object of the importing device itself, which `put` gives back. */
export interface OwnGem {
  readonly dmabuf: DmaBuf
  /** Where the device finds it. */
  readonly at: DmaAddr | SgTable
  readonly put: () => void
}

/**
 * An object of the device itself comes back as it is: nothing is attached, nothing mapped. undefined: another's, or no dma-buf.
 * Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_gem_prime_import_dev
 */
export const ownGem = (host: DriverHost, fd: number): OwnGem | undefined => {
  const dmabuf = host.dmaBuf.get(fd)
  if (!dmabuf.ok) return undefined
  const { priv } = dmabuf.value
  const put = (): void => host.dmaBuf.put(dmabuf.value)
  if (isGem(priv) && priv.gem.name === host.device.name)
    return { dmabuf: dmabuf.value, at: priv.list ?? priv.handle, put }
  put()
  return undefined
}

const isGem = (priv: unknown): priv is GemObject =>
  typeof priv === 'object' && priv !== null && 'gem' in priv && 'handle' in priv

/** Bytes that the device sees in one piece from the first entry on. */
export const firstRun = (table: SgTable): number => {
  const { dmaAddress, dmaLength } = table.entry(0)
  let end = dmaAddress + dmaLength
  for (let i = 1; i < table.nents; i++) {
    const entry = table.entry(i)
    if (entry.dmaAddress !== end) break
    end += entry.dmaLength
  }
  return end - dmaAddress
}
