// struct vb2_dc_buf: one buffer of the contiguous allocator.
import type {
  AllocatorHost,
  Device,
  Direction,
  DmaBufAttachment,
  KernelFacts,
  KResult,
  PluginApi,
  SgTable,
  Vb2Mem,
} from '@dmalab/api'
import { contiguousSize } from './contiguous-size.ts'

/** Members of vb2_dc_buf beyond those that all allocators share. `Vb2Mem.table` is dma_sgt. */
interface DcPriv {
  /** Table of the exporter, made at the first export and kept until the buffer is freed. */
  sgtBase: SgTable | null
  /** Import only. */
  attachment: DmaBufAttachment | null
  /** Own memory that the CPU sees cached: prepare and finish sync it. */
  nonCoherent: boolean
  /** Undoes what get_userptr did. */
  releaseUser: (() => void) | null
}

export interface DcBuf extends Vb2Mem {
  readonly dev: Device
  priv: DcPriv
}

/** What every operation of the allocator needs. */
export interface DcContext {
  readonly api: PluginApi
  readonly host: AllocatorHost
}

/** The buffer behind a mem_priv. @throws Error for another allocator's buffer */
export const dcBuf = (mem: Vb2Mem): DcBuf => {
  const priv = mem.priv as Partial<DcPriv> | null
  if (priv === null || priv.sgtBase === undefined) throw new Error(`${mem.owner}: no buffer of vb2-dma-contig`)
  return mem as DcBuf
}

export const newDcBuf = (
  api: PluginApi,
  init: { dev: Device; size: number; dir: Direction; owner: string; attrs?: number },
): DcBuf => ({
  dev: init.dev,
  size: init.size,
  dir: init.dir,
  owner: init.owner,
  attrs: init.attrs ?? 0,
  vaddr: null,
  cookie: null,
  dmaAddr: api.dma(0),
  table: null,
  refcount: 0,
  dbuf: null,
  priv: { sgtBase: null, attachment: null, nonCoherent: false, releaseUser: null },
})

/** contiguousSize() over the mapped entries of a table. */
export const mappedRun = (table: SgTable, kernel: KernelFacts): number => {
  const entries = Array.from({ length: table.nents }, (_, i) => {
    const { dmaAddress, dmaLength } = table.entry(i)
    return { address: dmaAddress, length: dmaLength }
  })
  return contiguousSize(entries, kernel.dmaAddrSize === 4 ? 32 : 64)
}

/** WARN_ON(!dev). */
export const noDevice = ({ api, host }: DcContext, symbol: string): KResult<never> => {
  host.printk('warn', `WARNING: ${symbol}: the queue has no device`)
  return api.fail('EINVAL', `${symbol}() needs a device, and the driver named none`)
}
