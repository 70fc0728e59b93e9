// Bodies of the `dma` system: text as 6.12 and 7.x print it.
import type { DmaEvent } from '@dmalab/api'
import { readArray, readAttrs, readCutArray, readDir, readHex } from '../values.ts'

const MAP = /^(\S+) dir=(\w+) dma_addr=([0-9a-f]{1,16}) size=(\d{1,20}) phys_addr=([0-9a-f]{1,16}) attrs=(\S*)$/
const UNMAP = /^(\S+) dir=(\w+) dma_addr=([0-9a-f]{1,16}) size=(\d{1,20}) attrs=(\S*)$/
const ALLOC = /^(\S+) dir=(\w+) dma_addr=([0-9a-f]{1,16}) size=(\d{1,20}) virt_addr=(\S+) flags=(\S+) attrs=(\S*)$/
const FREE = /^(\S+) dir=(\w+) dma_addr=([0-9a-f]{1,16}) size=(\d{1,20}) virt_addr=(\S+) attrs=(\S*)$/
const ALLOC_SGT =
  /^(\S+) dir=(\w+) dma_addr=([0-9a-f]{1,16}) size=(\d{1,20}) phys_addrs=(\{[0-9a-fx,]*\}) flags=(\S+) attrs=(\S*)$/
const FREE_SGT = /^(\S+) dir=(\w+) dma_addr=([0-9a-f]{1,16}) size=(\d{1,20}) phys_addrs=(\{[0-9a-fx,]*\})$/
const SYNC = /^(\S+) dir=(\w+) dma_addr=([0-9a-f]{1,16}) size=(\d{1,20})$/
const SYNC_SG = /^(\S+) dir=(\w+) dma_addrs=(\{[0-9a-fx,]*\}) sizes=(\{[0-9a-fx,]*\})$/
const MAP_SG_ERR = /^(\S+) dir=(\w+) dma_addrs=(\{[0-9a-fx,]*\}) err=(-?\d{1,20}) attrs=(\S*)$/
// The two long ones may be cut anywhere after their first array: a line holds 8 KiB.
const MAP_SG =
  /^(\S+) dir=(\w+) (?:nents=\d+\/(\d{1,20}) ents=\d+\/(\d{1,20})( \[TRUNCATED\])? )?dma_addrs=(\{[0-9a-fx,]*\}?)(?: sizes=(\{[0-9a-fx,]*\}?)(?: phys_addrs=(\{[0-9a-fx,]*\}?)(?: attrs=(\S*))?)?)?/
const UNMAP_SG = /^(\S+) dir=(\w+) phys_addrs=(\{[0-9a-fx,]*\}?)(?: attrs=(\S*))?/

/** undefined: the body is damaged. */
export const decodeMap = (
  event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys',
  body: string,
): DmaEvent | undefined => {
  const f = MAP.exec(body)
  return f === null ? undefined : { event, ...streaming(f, f[6]), physAddr: readHex(f[5] ?? '') }
}

export const decodeUnmap = (
  event: 'dma_unmap_page' | 'dma_unmap_resource' | 'dma_unmap_phys',
  body: string,
): DmaEvent | undefined => {
  const f = UNMAP.exec(body)
  return f === null ? undefined : { event, ...streaming(f, f[5]) }
}

export const decodeAlloc = (
  event: 'dma_alloc' | 'dma_alloc_pages' | 'dma_alloc_sgt_err',
  body: string,
): DmaEvent | undefined => {
  const f = ALLOC.exec(body)
  return f === null ? undefined : { event, ...streaming(f, f[7]), virtAddr: f[5] ?? '', flags: f[6] ?? '' }
}

export const decodeFree = (event: 'dma_free' | 'dma_free_pages', body: string): DmaEvent | undefined => {
  const f = FREE.exec(body)
  return f === null ? undefined : { event, ...streaming(f, f[6]), virtAddr: f[5] ?? '' }
}

export const decodeAllocSgt = (body: string): DmaEvent | undefined => {
  const f = ALLOC_SGT.exec(body)
  return f === null
    ? undefined
    : { event: 'dma_alloc_sgt', ...streaming(f, f[7]), physAddrs: readArray(f[5] ?? ''), flags: f[6] ?? '' }
}

export const decodeFreeSgt = (body: string): DmaEvent | undefined => {
  const f = FREE_SGT.exec(body)
  if (f === null) return undefined
  const { attrs: _none, ...rest } = streaming(f, '')
  return { event: 'dma_free_sgt', ...rest, physAddrs: readArray(f[5] ?? '') }
}

export const decodeSync = (
  event: 'dma_sync_single_for_cpu' | 'dma_sync_single_for_device',
  body: string,
): DmaEvent | undefined => {
  const f = SYNC.exec(body)
  if (f === null) return undefined
  const { attrs: _none, ...rest } = streaming(f, '')
  return { event, ...rest }
}

export const decodeSyncSg = (
  event: 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device',
  body: string,
): DmaEvent | undefined => {
  const f = SYNC_SG.exec(body)
  return f === null
    ? undefined
    : {
        event,
        device: f[1] ?? '',
        dir: readDir(f[2] ?? ''),
        dmaAddrs: readArray(f[3] ?? ''),
        sizes: readArray(f[4] ?? ''),
      }
}

export const decodeMapSg = (body: string): DmaEvent | undefined => {
  const f = MAP_SG.exec(body)
  if (f === null) return undefined
  const cut = f[9] === undefined
  const dmaAddrs = readCutArray(f[6] ?? '')
  const sizes = f[7] === undefined ? [] : readCutArray(f[7])
  const physAddrs = f[8] === undefined ? [] : readCutArray(f[8])
  const nents = f[3] === undefined ? physAddrs.length : Number(f[3])
  const ents = f[4] === undefined ? dmaAddrs.length : Number(f[4])
  return {
    event: 'dma_map_sg',
    device: f[1] ?? '',
    dir: readDir(f[2] ?? ''),
    nents,
    ents,
    truncated: cut || f[5] !== undefined,
    dmaAddrs,
    sizes,
    physAddrs,
    attrs: readAttrs(f[9] ?? ''),
  }
}

export const decodeMapSgErr = (body: string): DmaEvent | undefined => {
  const f = MAP_SG_ERR.exec(body)
  return f === null
    ? undefined
    : {
        event: 'dma_map_sg_err',
        device: f[1] ?? '',
        dir: readDir(f[2] ?? ''),
        physAddrs: readArray(f[3] ?? ''),
        err: Number(f[4]),
        attrs: readAttrs(f[5] ?? ''),
      }
}

export const decodeUnmapSg = (body: string): DmaEvent | undefined => {
  const f = UNMAP_SG.exec(body)
  return f === null
    ? undefined
    : {
        event: 'dma_unmap_sg',
        device: f[1] ?? '',
        dir: readDir(f[2] ?? ''),
        physAddrs: readCutArray(f[3] ?? ''),
        attrs: readAttrs(f[4] ?? ''),
        ...(f[4] === undefined ? { truncated: true } : {}),
      }
}

const streaming = (
  f: RegExpExecArray,
  attrs: string | undefined,
): { device: string; dir: number; dmaAddr: number; size: number; attrs: number } => ({
  device: f[1] ?? '',
  dir: readDir(f[2] ?? ''),
  dmaAddr: readHex(f[3] ?? ''),
  size: Number(f[4]),
  attrs: readAttrs(attrs ?? ''),
})
