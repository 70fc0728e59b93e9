// Short ways to write events of a model run, and to check them.
import { DIR, type Event, type EventBody, type Session } from '@dmalab/api'
import { createChecker, type CheckerOptions, type CheckReport } from '../src/index.ts'

export const RAM = 0x4000_0000
export const POOL = 0x6000_0000

export const SESSION: Session = {
  event: 'session',
  machine: 'm',
  kernel: 'arm@4.11',
  lineSize: 64,
  physAddrBits: 32,
  dmaDebug: '4.11',
  traceFormat: '6.12',
  memory: [{ base: RAM, len: 0x1000_0000 }],
  pools: [{ name: 'pool', base: POOL, len: 0x10_0000 }],
  devices: [
    { name: 'dev', coherent: false, maskBits: 32, ops: 'arm', maxSegmentSize: 65536, segmentBoundary: 0xffff },
    { name: 'other', coherent: true, maskBits: 32, ops: 'arm-coherent', maxSegmentSize: 65536 },
  ],
}

/** Checks events as a run (after a session) or, with `session: undefined`, as a log. Steps count from 1. */
export const check = (
  bodies: readonly EventBody[],
  options: CheckerOptions & { readonly session?: Session | undefined } = {},
): CheckReport => {
  const { session = 'session' in options ? undefined : SESSION, ...rest } = options
  const checker = createChecker(rest)
  if (session !== undefined) checker.onEvent({ ...session, at: 0 })
  for (const [index, body] of bodies.entries()) checker.onEvent({ ...body, at: index + 1 } as Event)
  return checker.finish()
}
export const codes = (...args: Parameters<typeof check>): readonly string[] =>
  check(...args).findings.map(({ code }) => code)
export const texts = (...args: Parameters<typeof check>): readonly string[] =>
  check(...args).findings.flatMap(({ kernelText }) => kernelText ?? [])

/** Findings as `code text @steps`. */
export const said = (...args: Parameters<typeof check>): readonly string[] =>
  check(...args).findings.map(({ code, message, evidence = [] }) => `${code} ${message} @${evidence.join(',')}`)

interface Place {
  readonly size?: number
  readonly dir?: number
  readonly device?: string
  readonly attrs?: number
}
const fill = ({ size = 4096, dir = DIR.TO_DEVICE, device = 'dev', attrs = 0 }: Place) => ({ size, dir, device, attrs })

export const map = (dmaAddr: number, place: Place = {}): EventBody => ({
  event: 'dma_map_page',
  ...fill(place),
  dmaAddr,
  physAddr: dmaAddr,
})
export const unmap = (dmaAddr: number, place: Place = {}): EventBody => ({
  event: 'dma_unmap_page',
  ...fill(place),
  dmaAddr,
})
export const sync = (target: 'cpu' | 'device', dmaAddr: number, place: Place = {}): EventBody => {
  const { attrs: _none, ...rest } = fill(place)
  return { event: `dma_sync_single_for_${target}`, ...rest, dmaAddr }
}
export const mapSg = (addresses: readonly number[], place: Place = {}): EventBody => {
  const { size, ...rest } = fill(place)
  return {
    event: 'dma_map_sg',
    ...rest,
    nents: addresses.length,
    ents: addresses.length,
    truncated: false,
    dmaAddrs: addresses,
    sizes: addresses.map(() => size),
    physAddrs: addresses,
  }
}
export const unmapSg = (physAddrs: readonly number[], place: Place = {}): EventBody => {
  const { size: _none, ...rest } = fill(place)
  return { event: 'dma_unmap_sg', ...rest, physAddrs }
}
export const syncSg = (target: 'cpu' | 'device', dmaAddrs: readonly number[], place: Place = {}): EventBody => {
  const { size, dir, device } = fill(place)
  return { event: `dma_sync_sg_for_${target}`, device, dir, dmaAddrs, sizes: dmaAddrs.map(() => size) }
}
interface Block {
  readonly size?: number
  readonly virtAddr?: string
  readonly pool?: string
  readonly physAddr?: number
}
export const alloc = (dmaAddr: number, { size = 8192, virtAddr = '0xc0de0000', ...rest }: Block = {}): EventBody => ({
  event: 'dma_alloc',
  device: 'dev',
  dir: DIR.BIDIRECTIONAL,
  dmaAddr,
  size,
  virtAddr,
  flags: 'GFP_KERNEL',
  attrs: 0,
  ...rest,
})
export const free = (dmaAddr: number, { size = 8192, virtAddr = '0xc0de0000' }: Block = {}): EventBody => ({
  event: 'dma_free',
  device: 'dev',
  dir: DIR.BIDIRECTIONAL,
  dmaAddr,
  size,
  virtAddr,
  attrs: 0,
})
export const deviceAccess = (write: boolean, dmaAddr: number, size = 4096, device = 'dev'): EventBody => ({
  event: 'device_access',
  device,
  write,
  dmaAddr,
  size,
})
export const cpuAccess = (write: boolean, physAddr: number, wrong = 0): EventBody => ({
  event: 'cpu_access',
  task: 'app',
  write,
  virtAddr: '0xb6f00000',
  physAddr,
  size: 64,
  mapping: 'cached',
  wrong,
})
