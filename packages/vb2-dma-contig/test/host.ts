// A host of plain objects for the contiguous allocator: whatever it asks for can be told to fail.
import {
  type AllocatorHost,
  type Device,
  dma,
  type DmaBuf,
  fail,
  type KResult,
  ok,
  pfn,
  pluginApi,
  type SgEntry,
  type SgTable,
  vaddr,
} from '@dmalab/api'
import { vb2DmaContig } from '../src/index.ts'

export const OWNER = 'queue.0'
/** Frames from here on have none. */
export const NO_STRUCT_PAGE = 0x9_0000

export const open = (device: Partial<Device> = {}, kernel: object = {}, attachCopies: readonly object[] = []) => {
  const calls: string[] = []
  const texts: string[] = []
  const world = {
    cma: 0x100 as number | undefined,
    highmem: false,
    pages: true,
    list: true,
    map: true,
    attach: true,
    short: false,
    memory: true,
    base: true,
    mmap: true,
    vmap: true,
  }
  let [lists, cmaBlocks] = [0, 0]
  const tableOf = (count: number): SgTable => {
    const entries = Array.from({ length: count }, (): SgEntry => ({
      page: { kind: 'null' },
      offset: 0,
      length: 0,
      attrs: 0,
      dmaAddress: dma(0),
      dmaLength: 0,
    }))
    const change = (i: number, fields: Partial<SgEntry>): void => void (entries[i] = { ...entries[i]!, ...fields })
    return {
      nents: count,
      origNents: count,
      entry: (i: number) => entries[i]!,
      entries: () => entries,
      setPage: (i: number, page: SgEntry['page'], length: number, offset: number) =>
        change(i, { page, length, offset }),
      setAttrs: (i: number, attrs: number) => change(i, { attrs }),
      setDma: (i: number, dmaAddress: SgEntry['dmaAddress'], dmaLength: number) => change(i, { dmaAddress, dmaLength }),
    } as unknown as SgTable
  }
  const mapped = (table: SgTable): SgTable => {
    table
      .entries()
      .forEach(({ length }, i) => table.setDma(i, dma(0x8000_0000 + i * 0x10_0000), world.short ? 16 : length))
    return table
  }
  const dev = {
    name: 'dev',
    coherentMaskBits: 32,
    facts: { dmaRanges: [] },
    ...device,
  } as unknown as Device
  const host = {
    kernel: {
      arch: { dmaMinAlign: 64 },
      dmaAddrSize: 8,
      sgDmaLength: true,
      vb2ImportAttrs: 32,
      dmabufKmap: true,
      ...kernel,
      media: {
        userptrResource: false,
        dmabufOffset: 'kept',
        chunkUnit: '',
        allocFailure: 'dma alloc of size',
        ...('media' in kernel ? (kernel.media as object) : {}),
      },
    },
    attachCopies,
    mem: {
      allocFromCma: (len: number, { area }: { readonly area?: string }) => {
        calls.push(`cma ${len} ${area ?? 'default'}`)
        if (world.cma !== undefined) cmaBlocks += 1
        return world.cma === undefined ? undefined : pfn(world.cma)
      },
      cmaLacks: (len: number, area: string | undefined) => `${area ?? 'default'} lacks ${len} bytes`,
      isHighmemPfn: () => world.highmem,
      freeContiguous: (first: number, len: number) => {
        cmaBlocks -= 1
        calls.push(`free ${first} ${len}`)
      },
      allocPages: (len: number, { limit }: { readonly limit: number }): KResult<number> => {
        calls.push(`pages ${len} to ${limit}`)
        if (world.pages) cmaBlocks += 1
        return world.pages ? ok(pfn(0x200)) : fail('ENOMEM', 'no pages')
      },
      linearAddress: (at: number) => vaddr(BigInt(at)),
      memset: (at: bigint, byte: number, len: number) => void calls.push(`memset ${at} ${byte} ${len}`),
      pfnValid: (frame: number) => frame < NO_STRUCT_PAGE,
    },
    dma: {
      mapSgAttrs: (_dev: Device, table: SgTable, _dir: number, attrs: number): KResult<number> => {
        calls.push(`map ${attrs}`)
        return world.map ? ok(mapped(table).nents) : fail('EIO', 'no mapping')
      },
      unmapSgAttrs: (_dev: Device, _table: SgTable, _dir: number, attrs: number) => void calls.push(`unmap ${attrs}`),
      allocAttrs: (_dev: Device, len: number, attrs: number, owner: string) => {
        if (attrs !== 0) calls.push(`dma alloc ${len} ${attrs} ${owner}`)
        return world.memory ? ok({ cpuAddr: vaddr(0xf000_0000n), handle: dma(0x4000) }) : fail('ENOMEM', 'no memory')
      },
      freeAttrs: (_dev: Device, len: number, _at: bigint, handle: number, attrs: number) =>
        void calls.push(attrs === 0 ? 'dma free' : `dma free ${len} ${handle} ${attrs}`),
      getSgtableAttrs: (_dev: Device, _at: bigint, handle: number, len: number, attrs: number) => {
        if (attrs !== 0) calls.push(`list ${handle} ${len} ${attrs}`)
        if (!world.base) return fail('ENXIO', 'no struct page')
        lists += 1
        const table = tableOf(2)
        table.setPage(0, { kind: 'page', pfn: pfn(4) }, 4096, 0)
        table.setPage(1, { kind: 'page', pfn: pfn(9) }, 4096, 8)
        table.setAttrs(1, 5)
        table.setDma(0, dma(0x4000), 0)
        table.setDma(1, dma(0x5000), 0)
        return ok(table)
      },
      mmapAttrs: (
        _dev: Device,
        _at: bigint,
        handle: number,
        size: number,
        attrs: number,
        len: number,
        first: number,
      ) => {
        calls.push(`mmap ${handle} ${size} ${attrs} ${len} ${first}`)
        return world.mmap ? ok({ phys: handle, len, kind: 'uncached' }) : fail('ENXIO', 'too long')
      },
      syncSgForDevice: () => void calls.push('sync for device'),
      syncSgForCpu: () => void calls.push('sync for cpu'),
      mapResource: (_dev: Device, at: number, size: number) => {
        calls.push(`resource ${at} ${size}`)
        return world.map ? ok(dma(at + 1)) : fail('EIO', 'no mapping')
      },
      unmapResource: (_dev: Device, at: number, size: number) => void calls.push(`resource back ${at} ${size}`),
    },
    dmaBuf: {
      export: (info: object) => ok(info),
      attach: (dmabuf: DmaBuf) => (world.attach ? ok({ id: 1, dmabuf }) : fail('ENODEV', 'cannot attach')),
      detach: () => void calls.push('detach'),
      mapAttachment: () => {
        const table = tableOf(1)
        table.setPage(0, { kind: 'page', pfn: pfn(1) }, 8192, 0)
        return world.map ? ok(mapped(table)) : fail('EIO', 'no mapping')
      },
      unmapAttachment: () => void calls.push('unmap attachment'),
      vmap: () => {
        calls.push('vmap')
        return world.vmap ? ok(vaddr(7n)) : fail('ENOMEM', 'no room')
      },
      vunmap: () => void calls.push('vunmap'),
    },
    sgAlloc: (count: number) => {
      if (!world.list) return fail('ENOMEM', 'no list')
      lists += 1
      return ok(tableOf(count))
    },
    sgFree: () => void (lists -= 1),
    exporter: (_name: string, stock: unknown) => stock,
    call: <T>(_symbols: unknown, body: () => T) => body(),
    printk: (_level: string, text: string) => void texts.push(text),
  } as unknown as AllocatorHost
  return { ops: vb2DmaContig(pluginApi).create(host), host, dev, calls, texts, world, left: () => [lists, cmaBlocks] }
}
export const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}
