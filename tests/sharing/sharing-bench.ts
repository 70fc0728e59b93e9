// The machine of the sharing measurements: capture and output nodes over every allocator and every kind of pool.
import {
  type Device,
  type DeviceFacts,
  type Driver,
  type Event,
  type FrameFormat,
  type Injection,
  type KernelOptions,
  type KernelSpec,
  type Lab,
  type Machine,
} from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { openLab, parseKernel, withOptions } from '@dmalab/runner'
import { openRegistry } from '@dmalab/lab/node'

const registry = await openRegistry()
const module = compileHotSync()
const MIB = 2 ** 20

/** 320x240 RGB24: 230400 bytes, 57 pages with 3072 bytes to spare. */
export const FORMAT: FrameFormat = { width: 320, height: 240, planes: [{ payload: 230_400, size: 230_400 }] }

const node = (name: string, facts: Partial<DeviceFacts> = {}): DeviceFacts => ({
  name,
  class: 'camera',
  coherent: false,
  maskBits: 32,
  pools: [],
  driver: 'vivid-dma-contig',
  ...facts,
})

/**
 * Exporters and importers by the letter of the measurements: n no pool, nc the same and coherent, a no-map inside RAM, b no-map outside
 * the RAM the kernel knows, c neither no-map nor reusable, d reusable, e restricted (64-bit only), sg and sgc scattered, vm vmalloc; and two importers no vb2 driver is like.
 */
const NODES: readonly DeviceFacts[] = [
  node('n'),
  node('nc', { coherent: true }),
  node('a', { pools: ['poola'] }),
  node('b', { pools: ['poolb'] }),
  node('c', { pools: ['poolc'] }),
  node('d', { pools: ['poold'] }),
  node('sg', { driver: 'vivid-dma-sg' }),
  node('sgc', { driver: 'vivid-dma-sg', coherent: true }),
  node('vm', { driver: 'vivid-vmalloc' }),
  node('vim2m', { driver: 'vim2m' }),
  node('display', { class: 'display', driver: 'exynos-drm' }),
  node('syncing', { class: 'gpu', driver: 'drm-sync-importer' }),
  node('walking', { class: 'gpu', driver: 'drm-page-importer' }),
]

const RESTRICTED = {
  name: 'poole',
  base: 0x6a00_0000,
  len: 4 * MIB,
  compatible: 'restricted-dma-pool',
  noMap: false,
  reusable: false,
} as const

export const sharingMachine = (arch: Machine['arch']): Machine => ({
  name: 'sharing',
  title: 'nodes over every allocator and pool',
  arch,
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: 0x4000_0000, len: 768 * MIB }],
  reserved: [
    { name: 'poola', base: 0x6000_0000, len: 16 * MIB, compatible: 'shared-dma-pool', noMap: true, reusable: false },
    { name: 'poolb', base: 0x7400_0000, len: 16 * MIB, compatible: 'shared-dma-pool', noMap: true, reusable: false },
    { name: 'poolc', base: 0x6200_0000, len: 16 * MIB, compatible: 'shared-dma-pool', noMap: false, reusable: false },
    { name: 'poold', base: 0x6400_0000, len: 64 * MIB, compatible: 'shared-dma-pool', noMap: false, reusable: true },
    ...(arch === 'arm64' ? [RESTRICTED] : []),
  ],
  layout: {},
  iommus: [],
  devices: arch === 'arm64' ? [...NODES, node('e', { pools: ['poole'] })] : NODES,
  bindings: {},
})

export interface Bench {
  readonly lab: Lab
  readonly events: Event[]
  /** Kernel messages, errors and warnings only. */
  errors(): string[]
  /** Debug lines of vb2. */
  debug(): string[]
  open(name: string): { driver: Driver; device: Device }
}

/** The machine of these tests for a kernel's architecture. */
export const machineFor = ({ base }: KernelSpec): Machine => sharingMachine(registry.arches.get(base.arch).board)

export const openBench = (
  kernel: string,
  machine?: Machine,
  cmdline: KernelOptions['cmdline'] = {},
  config: KernelOptions['config'] = {},
  inject: readonly Injection[] = [],
): Bench => {
  const spec = withOptions(parseKernel(kernel, registry), { config, cmdline })
  const lab = openLab({ module, registry }, { kernel: spec, machine: machine ?? machineFor(spec), inject })
  const events: Event[] = []
  lab.listen('op', (event) => events.push(event))
  const texts = (levels: readonly string[]) =>
    events.flatMap((event) => (event.event === 'printk' && levels.includes(event.level) ? [event.text] : []))
  return {
    lab,
    events,
    errors: () => texts(['err', 'warn']),
    debug: () => texts(['debug']),
    open: (name) => {
      const device = lab.device(name)
      const driver = lab.open(device)
      const set = driver.setFormat(FORMAT, FORMAT)
      if (!set.ok) throw new Error(set.why)
      return { driver, device }
    },
  }
}

/** The value of a result that must be one. */
export const value = <T>(result: { ok: true; value: T } | { ok: false; errno: string; why: string }): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}

/** A queue that the driver must have. */
export const must = <T>(queue: T | null): T => {
  if (queue === null) throw new Error('the driver has no such queue')
  return queue
}

export interface Passed {
  readonly captured: number
  readonly delivered: number
  /** Pictures with wrong bytes. */
  readonly stale: number
  readonly errno: string | null
}

/**
 * What `v4l2-ctl --stream-mmap --stream-out-dmabuf` does: `buffers` exported from `exporter`, `frames` pictures through them, each queued
 * at the importer and given back.
 */
export const passFrames = (
  bench: Bench,
  exporter: string,
  importer: string,
  frames: number,
  buffers: number,
): Passed => {
  const source = bench.open(exporter).driver
  const sink = exporter === importer ? source : bench.open(importer).driver
  const capture = must(source.capture)
  const output = must(sink.output)
  const count = value(capture.reqbufs('MMAP', buffers))
  const fds = Array.from({ length: count }, (_, index) => value(capture.expbuf(index, 0)))
  value(output.reqbufs('DMABUF', count))
  let captured = 0
  let delivered = 0
  let stale = 0
  let errno: string | null = null
  for (let index = 0; index < count; index++) value(capture.qbuf({ index, memory: 'MMAP' }))
  value(capture.streamon())
  value(output.streamon())
  while (captured < frames && errno === null) {
    const shown = [...source.work(), ...(sink === source ? [] : sink.work())]
    delivered += shown.length
    stale += shown.filter(({ wrong }) => wrong > 0).length
    for (let done = output.dqbuf(); done.ok; done = output.dqbuf())
      value(capture.qbuf({ index: done.value.index, memory: 'MMAP' }))
    for (let done = capture.dqbuf(); done.ok && captured < frames; done = capture.dqbuf()) {
      captured += 1
      const { index, timestamp } = done.value
      const queued = output.qbuf({
        index,
        memory: 'DMABUF',
        timestamp,
        planes: [{ fd: fds[index] ?? -1, length: 230_400, bytesused: 230_400 }],
      })
      if (queued.ok) continue
      errno = queued.errno
      break
    }
  }
  if (errno === null)
    for (const { wrong } of [...source.work(), ...(sink === source ? [] : sink.work())]) {
      delivered += 1
      if (wrong > 0) stale += 1
    }
  sink.close()
  if (sink !== source) source.close()
  for (const fd of fds) bench.lab.dmaBuf.close(fd)
  return { captured, delivered, stale, errno }
}

/** Owners of the dma-bufs that were not released. */
export const leftOver = ({ lab }: Bench): string[] => lab.dmaBuf.live().map(({ owner }) => owner)
