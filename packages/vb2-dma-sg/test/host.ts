// A host of plain objects: pages from one stretch of memory, lists, and a DMA API that can be told to fail.
import {
  type AllocatorHost,
  type Device,
  dma,
  type DmaBuf,
  type DmaBufAttachment,
  type DmaBufExport,
  fail,
  type KResult,
  ok,
  PAGE_SIZE,
  pfn,
  type Pfn,
  pluginApi,
  RELEASES,
  type SgEntry,
  type SgPage,
  type SgTable,
  vaddr,
  type Vb2MemOps,
} from '@dmalab/api'
import { vb2DmaSg } from '../src/index.ts'

export interface Opened {
  readonly ops: Vb2MemOps
  readonly device: Device
  /** What was asked of the DMA API and of dma-buf, in order. */
  readonly calls: string[]
  readonly texts: string[]
  /** Frames in use. */
  readonly taken: Set<number>
  readonly world: { pages: number; largest: number; mapFails: boolean }
}

export const open = (kernel: object = RELEASES['6.12']): Opened => {
  const calls: string[] = []
  const texts: string[] = []
  const taken = new Set<number>()
  const world = { pages: 64, largest: Infinity, mapFails: false }
  const device = { name: 'dev' } as Device

  const allocPages = (len: number): KResult<Pfn> => {
    const pages = len / PAGE_SIZE
    for (let first = 0; first + pages <= world.pages && len <= world.largest; first += pages) {
      const frames = Array.from({ length: pages }, (_, i) => first + i)
      if (frames.some((frame) => taken.has(frame))) continue
      for (const frame of frames) taken.add(frame)
      return ok(pfn(first))
    }
    return fail('ENOMEM', `no ${len} bytes`)
  }
  const mem = {
    allocPages,
    scattered: true,
    strayPages: [],
    freePages: (first: Pfn, len: number) => {
      for (let i = 0; i < len / PAGE_SIZE; i++)
        if (!taken.delete(first + i)) throw new Error(`page ${first + i} is free already`)
    },
    linearAddress: (at: number) => vaddr(BigInt(at)),
    memset: (at: bigint, byte: number, len: number) => void calls.push(`memset ${at} ${byte} ${len}`),
    pfnValid: (frame: Pfn) => frame < 1000,
    vmap: (pages: readonly Pfn[]) => ok(vaddr(BigInt(0xf000_0000 + pages.length))),
    unmap: (at: bigint) => void calls.push(`vunmap ${at}`),
  }
  const front = {
    mapSgAttrs: (_dev: Device, table: SgTable, dir: number, attrs: number) => {
      calls.push(`map ${table.origNents} dir ${dir} attrs ${attrs}`)
      return world.mapFails ? fail('EIO', 'no room on the bus') : ok((table.nents = table.origNents))
    },
    unmapSgAttrs: (_dev: Device, table: SgTable, dir: number, attrs: number) =>
      void calls.push(`unmap ${table.origNents} dir ${dir} attrs ${attrs}`),
    syncSgForDevice: () => void calls.push('sync for device'),
    syncSgForCpu: () => void calls.push('sync for cpu'),
  }
  const dmaBuf = {
    export: (info: DmaBufExport) => ok(info as unknown as DmaBuf),
    attach: (dmabuf: DmaBuf) => ok({ dmabuf, priv: null } as unknown as DmaBufAttachment),
    detach: () => void calls.push('detach'),
    mapAttachment: () => (world.mapFails ? fail('EIO', 'no room') : ok(newTable(1))),
    unmapAttachment: () => void calls.push('unmap attachment'),
    vmap: () => ok(vaddr(7n)),
    vunmap: () => void calls.push('dma-buf vunmap'),
  }
  const host = {
    kernel,
    dma: front,
    dmaBuf,
    mem,
    attachCopies: [],
    exports: {},
    exporter: (_name: string, stock: unknown) => stock,
    sgAlloc: (entries: number) => ok(newTable(entries)),
    sgFree: (table: SgTable) => void calls.push(`free list ${table.origNents}`),
    call: <T>(_symbols: unknown, body: () => T) => body(),
    printk: (_level: string, text: string) => void texts.push(text),
  } as unknown as AllocatorHost
  return { ops: vb2DmaSg(pluginApi).create(host), device, calls, texts, taken, world }
}

const newTable = (count: number): SgTable => {
  const entries: SgEntry[] = Array.from({ length: count }, () => ({
    page: { kind: 'null' },
    offset: 0,
    length: 0,
    attrs: 0,
    dmaAddress: dma(0),
    dmaLength: 0,
  }))
  const entry = (i: number): SgEntry => {
    const found = entries[i]
    if (found === undefined) throw new Error(`the list has no entry ${i}`)
    return found
  }
  return {
    handle: 0,
    nents: count,
    origNents: count,
    entry,
    entries: () => entries,
    shortest: (nents: number) => Math.min(...entries.slice(0, nents).map(({ length }) => length)),
    dmaAddresses: (count) => entries.slice(0, count).map(({ dmaAddress }) => dmaAddress),
    dmaLengths: (count) => entries.slice(0, count).map(({ dmaLength }) => dmaLength),
    pfns: () => undefined,
    physAddresses: () => undefined,
    isPlain: (count) => entries.slice(0, count).every(({ attrs }) => attrs === 0),
    setPage: (i: number, page: SgPage, length: number, offset: number) => {
      entries[i] = { ...entry(i), page, length, offset }
    },
    setDma: () => undefined,
    setAttrs: () => undefined,
  }
}

export const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}
