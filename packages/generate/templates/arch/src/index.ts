// An architecture as a plug-in, with a kernel and a board for it: 64 bits, devices do not snoop unless something says so, and cache lines are
// written back before a device reads and dropped after it wrote.
import type { Arch, ArchDma, ArchHost, Direction, KernelDef, PhysAddr, PluginApi, PluginFactory } from '@dmalab/api'

const CLEAN = ['clean', 'clean', 'clean', 'none'] as const
const INVALIDATE = ['invalidate', 'none', 'invalidate', 'none'] as const

const dmaCode = (api: PluginApi, host: ArchHost): ArchDma => ({
  syncForDevice: (at: PhysAddr, size: number, dir: Direction) =>
    host.call('arch_sync_dma_for_device', () => host.cache.dmacMap(host.mem.linearAddress(at), size, dir)),
  syncForCpu: (at: PhysAddr, size: number, dir: Direction) =>
    host.call('arch_sync_dma_for_cpu', () => host.cache.dmacUnmap(host.mem.linearAddress(at), size, dir)),
  prepCoherent: (at: PhysAddr, size: number) => host.cache.dmacFlush(host.mem.linearAddress(at), size),
  clearBuffer: (at: PhysAddr, size: number, snooped: boolean) => {
    host.mem.memset(host.mem.linearAddress(at), 0, size)
    if (!snooped) host.cache.dmacMap(host.mem.linearAddress(at), size, api.DIR.BIDIRECTIONAL)
  },
})

const arch = (api: PluginApi): Arch => ({
  name: 'my-thing',
  // What board files write behind `arch:`.
  board: 'my-thing',
  source: 'my own',
  pointerBits: 64,
  highmem: false,
  pfnValid: 'section',
  dmaMinAlign: 64,
  snoops: 'when-told',
  allocatesCoherent: false,
  poolsNeedNoMap: false,
  layout: {
    pageOffset: 0xffff_0000_0000_0000n,
    vmalloc: { start: 0xffff_8000_8000_0000n, end: 0xffff_fdff_8000_0000n },
    pageArray: 0xffff_fdff_c000_0000n,
    entrySize: 64,
    image: { base: 0, len: 32 * 2 ** 20 },
    lowKept: 0,
  },
  cache: {
    forDevice: CLEAN,
    forCpu: INVALIDATE,
    symbols: { clean: ['my_cache_clean'], invalidate: ['my_cache_inval'], flush: ['my_cache_flush'] },
    invalidatesTwice: false,
    marksClean: 'nothing',
  },
  oops: {
    memcpy: 'memcpy',
    pageFault: ({ address }) => [`Unable to handle kernel paging request at virtual address ${address}`, 'Oops [#1]'],
    externalAbort: () => ['Oops - external abort [#1]'],
    backtrace: (path) => [`pc : ${path[0] ?? 'unknown'}`, 'Call trace:', ...path.map((symbol) => ` ${symbol}`)],
  },
  syscallPath: ['handle_syscall', 'sys_ioctl'],
  attach: (host) => dmaCode(api, host),
})

const kernel = (api: PluginApi): KernelDef => ({
  name: 'my-thing@6.12',
  arch: 'my-thing',
  title: 'an architecture of my own, Linux 6.12: dma-direct with swiotlb',
  source: 'Linux v6.12 kernel/dma/direct.c',
  facts: () => ({
    ...api.RELEASES['6.12'],
    sgEntrySize: 32,
    sgDmaLength: true,
    dmaAddrSize: 8,
    physAddrSize: 8,
    zoneDmaLimit: 2 ** 32 - 1,
    atomicPools: { kind: 'zones', size: null },
    swiotlb: {
      slots: 32_768,
      areas: 1,
      mode: 'normal',
      dmaLimit: 2 ** 32 - 1,
      bouncesKmalloc: true,
      kmallocPool: true,
      highest: false,
      restrictedPools: true,
    },
  }),
  config: {},
  cmdline: {},
  idle: () => ({}),
  ops: [],
  opsFor: () => 'dma-direct',
})

const BOARD = `
name: my-thing-board
title: a board for it
arch: my-thing
cpu: { lineSize: 64, aliasing: false }
memory: [{ base: "0x8000_0000", len: "1GiB" }]
devices:
  - { name: camera, class: camera, driver: vivid-dma-contig, maskBits: 32 }
  - { name: panel, class: display, driver: exynos-drm, maskBits: 32 }
bindings: { v4l2src: camera, kmssink: panel }
`

const plugin: PluginFactory = (api) => ({
  name: 'my-thing',
  arches: [arch(api)],
  kernels: [kernel(api)],
  boards: [{ file: 'my-thing-board.yaml', text: BOARD }],
})
export default plugin
