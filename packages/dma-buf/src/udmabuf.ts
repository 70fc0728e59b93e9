// udmabuf: a dma-buf over pages of a memfd.
import type { AllocatorHost, KResult, Pfn, UserMapping } from '@dmalab/api'
import { ATTR, fail, ok, pageAlign, PAGE_SIZE, pagesFor, pfnOf } from '@dmalab/api'
import { pageExporterOps } from './page-exporter.ts'

/** size_limit_mb. */
const SIZE_LIMIT = 64 * 2 ** 20

/**
 * UDMABUF_CREATE over `memory`, which stays the task's: the value is the fd. EINVAL: not whole pages, none, or more than 64 MiB.
 * Models: Linux v6.12 drivers/dma-buf/udmabuf.c: udmabuf_create. Leaves out: seals.
 */
export const createUdmabuf = (host: AllocatorHost, memory: UserMapping, owner: string): KResult<number> =>
  host.call('udmabuf_create', () => {
    if (memory.len === 0 || memory.len !== pageAlign(memory.len) || memory.phys % PAGE_SIZE !== 0)
      return fail('EINVAL', `${owner} is not whole pages`)
    if (memory.len > SIZE_LIMIT) return fail('EINVAL', `${owner} has more than ${SIZE_LIMIT} bytes`)
    const first = pfnOf(memory.phys)
    const frames = memory.pages ?? Array.from({ length: pagesFor(memory.len) }, (_, i) => (first + i) as Pfn)
    const stock = pageExporterOps(host, {
      stem: 'udmabuf',
      runs: frames.map((frame) => ({ first: frame, pages: 1 })),
      mapAttrs: ATTR.SKIP_CPU_SYNC,
      mapErrno: null,
      cacheSgtMapping: true,
      release: () => undefined,
    })
    const ops = host.exporter('udmabuf', stock)
    const dbuf = host.dmaBuf.export({ expName: 'udmabuf', size: memory.len, ops, priv: null, owner })
    if (!dbuf.ok) return dbuf
    const fd = host.dmaBuf.fd(dbuf.value)
    if (!fd.ok) host.dmaBuf.put(dbuf.value)
    return fd.ok ? ok(fd.value) : fd
  })
