// Every exporter, used as importers and tasks use it, with each call failing in turn: what user space is told, and that nothing stays.
import { DIR, type DmaBuf, INJECTABLE, type Injection, type KResult, type Lab, PAGE_SIZE, phys } from '@dmalab/api'
import {
  cmaHeap,
  createDeviceMemoryBuf,
  createDumbBuffer,
  createPagedGem,
  createUdmabuf,
  type GemBuffer,
  systemHeap,
} from '@dmalab/dma-buf'
import { isSimulatedOops } from '@dmalab/memory'
import { describe, expect, it, test } from 'vitest'
import { openBench, value } from './sharing-bench.ts'

/** A piece of 64 KiB and two pages, as heaps take it. */
const SIZE = 18 * PAGE_SIZE

/** The descriptor, and what gives back all that is not the descriptor's. */
type Exported = KResult<{ readonly fd: number; readonly close: () => void }>
const keepsNothing = (fd: KResult<number>): Exported =>
  fd.ok ? { ok: true, value: { fd: fd.value, close: () => undefined } } : fd
const gem = (made: KResult<GemBuffer>): Exported => {
  if (!made.ok) return made
  const fd = made.value.export()
  if (!fd.ok) made.value.close()
  return fd.ok ? { ok: true, value: { fd: fd.value, close: () => made.value.close() } } : fd
}
const EXPORTERS: Readonly<Record<string, (lab: Lab) => Exported>> = {
  'system heap': (lab) => keepsNothing(systemHeap(lab.allocatorHost).alloc(SIZE, 'frame')),
  'CMA heap': (lab) => keepsNothing(cmaHeap(lab.allocatorHost).alloc(SIZE, 'frame')),
  udmabuf: (lab) => {
    const memory = lab.userAlloc(SIZE, 'frame')
    if (!memory.ok) return memory
    const fd = createUdmabuf(lab.allocatorHost, memory.value, 'frame')
    if (!fd.ok) lab.userFree(memory.value)
    return fd.ok ? { ok: true, value: { fd: fd.value, close: () => lab.userFree(memory.value) } } : fd
  },
  'dumb buffer': (lab) => gem(createDumbBuffer(lab.allocatorHost, lab.device('display'), SIZE - 9, 'frame')),
  'paged GEM': (lab) => gem(createPagedGem(lab.allocatorHost, lab.device('display'), SIZE - 9, 'frame')),
}

/** Each call a user makes, until one fails; everything is given back. The value is where it ended. */
const use = (lab: Lab, exporter: string, importer: string): string => {
  const made = EXPORTERS[exporter]?.(lab)
  if (made === undefined || !made.ok) return `alloc ${made?.errno}`
  const { fd, close } = made.value
  const buf = value(lab.dmaBuf.get(fd))
  const ended = importAndLook(lab, buf, importer)
  lab.dmaBuf.put(buf)
  value(lab.dmaBuf.close(fd))
  close()
  return ended
}
const importAndLook = (lab: Lab, buf: DmaBuf, importer: string): string => {
  const { dmaBuf } = lab
  const attachment = dmaBuf.attach(buf, lab.device(importer))
  if (!attachment.ok) return `attach ${attachment.errno}`
  const mapOnce = (whileMapped: () => string): string => {
    const mapped = dmaBuf.mapAttachment(attachment.value, DIR.BIDIRECTIONAL)
    if (!mapped.ok) return `map ${mapped.errno}`
    const { nents, origNents } = mapped.value
    // A list without pages, as DMABUF_DEBUG hands it out, says how long it is to the device alone.
    const bytes = Array.from({ length: origNents === 0 ? nents : origNents }, (_, i) => {
      const { length, dmaLength } = mapped.value.entry(i)
      return origNents === 0 ? dmaLength : length
    })
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBe(SIZE)
    const ended = whileMapped()
    dmaBuf.unmapAttachment(attachment.value, mapped.value, DIR.BIDIRECTIONAL)
    return ended
  }
  const first = mapOnce(() => look(dmaBuf, buf))
  const ended = first === 'worked' ? mapOnce(() => first) : first
  dmaBuf.detach(buf, attachment.value)
  return ended
}
/** The CPU's side. */
const look = (dmaBuf: Lab['dmaBuf'], buf: DmaBuf): string => {
  const begun = dmaBuf.beginCpuAccess(buf, DIR.BIDIRECTIONAL)
  if (!begun.ok) return `begin ${begun.errno}`
  const at = dmaBuf.vmap(buf)
  if (at.ok) dmaBuf.vunmap(buf, at.value)
  const user = dmaBuf.mmap(buf)
  if (user.ok) {
    expect(user.value.len).toBe(SIZE)
    dmaBuf.munmap(buf)
  }
  value(dmaBuf.endCpuAccess(buf, DIR.BIDIRECTIONAL))
  return !at.ok ? `vmap ${at.errno}` : !user.ok ? `mmap ${user.errno}` : 'worked'
}

const untilOops = (body: () => string): string => {
  try {
    return body()
  } catch (error) {
    if (isSimulatedOops(error)) return 'oops'
    throw error
  }
}

/** Where it ends by the call that fails, the first, the second and the last of each; after each of them the balance is that of before. */
const outcomes = (
  kernel: string,
  exporter: string,
  importer: string,
  config = {},
): Readonly<Record<string, string>> => {
  const run = (inject: readonly Injection[]) => {
    const { lab } = openBench(kernel, undefined, {}, config, inject)
    const before = lab.balance()
    const opening = lab.injections.map(({ calls }) => calls)
    const ended = untilOops(() => use(lab, exporter, importer))
    // After an oops nothing is given back: the task is gone.
    if (ended === 'oops') return { ended, calls: [] }
    expect([inject.length === 1 && inject, lab.balance()]).toEqual([inject.length === 1 && inject, before])
    return { ended, calls: lab.injections.map(({ what, calls }, i) => ({ what, from: opening[i] ?? 0, to: calls })) }
  }
  const { ended, calls } = run(INJECTABLE.map((what) => ({ what, nth: 1_000_000 })))
  expect(ended).toBe('worked')
  const told = calls.flatMap(({ what, from, to }) => {
    const which = [...new Set([from + 1, from + 3, to])].filter((nth) => nth > from && nth <= to)
    const ends = new Set(which.map((nth) => run([{ what, nth }]).ended))
    return ends.size === 0 ? [] : [[what, [...ends].join(', ')] as const]
  })
  return Object.fromEntries(told)
}

/** Every errno by the kernel's own functions: drivers/dma-buf/heaps, udmabuf.c, drm_prime.c, drm_gem_shmem_helper.c, dma-buf.c. */
const HEAP = { sgAlloc: 'attach ENOMEM', pages: 'worked, alloc ENOMEM', vmap: 'vmap ENOMEM', fd: 'alloc EMFILE' }
const GEM = { sgAlloc: 'alloc ENOMEM, map ENOMEM', pages: 'alloc ENOMEM', vmap: 'vmap ENOMEM', fd: 'alloc EMFILE' }
const DUMB = { alloc: 'alloc ENOMEM', pages: 'alloc ENOMEM', fd: 'alloc EMFILE', mmap: 'mmap ENXIO' }
const maps = (told: string) => ({ mapPage: told, mapSg: told })
const DEBUG = { DMABUF_DEBUG: true }

describe.each([
  // A large page that is not to be had is taken as small ones.
  ['arm64@6.12', 'system heap', 'n', {}, { ...HEAP, ...maps('map EIO') }],
  ['arm64@6.12', 'system heap', 'n', DEBUG, { ...HEAP, ...maps('map EIO') }],
  // The copy without pages may fail as well: the exporter's list is undone then.
  ['arm64@7.2', 'system heap', 'n', DEBUG, { ...HEAP, ...maps('map EIO'), sgAlloc: 'attach ENOMEM, map ENOMEM' }],
  ['arm64@6.12', 'CMA heap', 'n', {}, { ...HEAP, ...maps('map ENOMEM'), pages: 'alloc ENOMEM' }],
  ['arm64@6.12', 'paged GEM', 'n', {}, { ...GEM, ...maps('alloc EIO, map EIO') }],
  // Since the core kept mappings, the importer is told what the mapping said; before, -ENOMEM.
  ['arm@4.11', 'paged GEM', 'n', {}, { ...GEM, ...maps('alloc EIO, map ENOMEM') }],
  [
    'arm64@6.12',
    'dumb buffer',
    'n',
    {},
    { ...DUMB, ...maps('map EIO'), getSgtable: 'map ENOMEM', sgAlloc: 'map ENOMEM', vmap: 'alloc ENOMEM' },
  ],
  // The helper's NULL is taken for a list.
  ['arm@4.11', 'dumb buffer', 'n', {}, { ...DUMB, ...maps('map ENOMEM'), getSgtable: 'oops', sgAlloc: 'oops' }],
  [
    'arm64@6.12',
    'udmabuf',
    'n',
    {},
    { ...maps('map EIO, begin EIO'), sgAlloc: 'map ENOMEM, begin ENOMEM', vmap: 'vmap EINVAL', fd: 'alloc EMFILE' },
  ],
  [
    'arm64@7.2',
    'udmabuf',
    'n',
    {},
    { ...maps('map EIO'), sgAlloc: 'map ENOMEM', vmap: 'vmap EINVAL', fd: 'alloc EMFILE' },
  ],
] as const)('%s: a buffer of %s for %s, %o', (kernel, exporter, importer, config, told) => {
  it('is refused where a call fails, and nothing of it stays', () => {
    expect(outcomes(kernel, exporter, importer, config)).toEqual(told)
  })
})

test('a heap gives no more than there is, and not nothing', () => {
  const { lab } = openBench('arm64@6.12')
  const heap = systemHeap(lab.allocatorHost)
  expect(heap.alloc(lab.mem.totalRam + 1, 'frame')).toMatchObject({ errno: 'ENOMEM' })
  expect([heap.alloc(0, 'frame'), cmaHeap(lab.allocatorHost).alloc(0, 'frame')]).toMatchObject([
    { errno: 'EINVAL' },
    { errno: 'EINVAL' },
  ])
})

test('heaps came with v5.6, udmabuf with v4.20, the default CMA heap with v6.18', () => {
  const { lab } = openBench('arm@4.11')
  const memory = value(lab.userAlloc(SIZE, 'memfd'))
  const made = [
    systemHeap(lab.allocatorHost).alloc(SIZE, 'frame'),
    cmaHeap(lab.allocatorHost).alloc(SIZE, 'frame'),
    createUdmabuf(lab.allocatorHost, memory, 'memfd'),
  ]
  expect(made.map((one) => (one.ok ? one.value : `${one.errno}: ${one.why.split(':')[0]}`))).toEqual([
    'ENOENT: this kernel has no /dev/dma_heap/system',
    'ENOENT: this kernel has no /dev/dma_heap/linux,cma',
    'ENOENT: this kernel has no /dev/udmabuf',
  ])
  const names = ['arm64@6.12', 'arm64@6.18'].map((kernel) => cmaHeap(openBench(kernel).lab.allocatorHost).name)
  expect(names).toEqual(['linux,cma', 'default_cma_region'])
})

test.each([
  [0x9000_0000, 0, 'EINVAL'],
  [0x9000_0800, PAGE_SIZE, 'EINVAL'],
  [0x9000_0000, PAGE_SIZE + 1, 'EINVAL'],
  [0x9000_0000, PAGE_SIZE, undefined],
])('memory of a device at %d, %d bytes: %s', (at, len, errno) => {
  const { lab } = openBench('arm64@7.2')
  const before = lab.balance()
  const made = createDeviceMemoryBuf(lab.allocatorHost, { at: phys(at), len }, 'bar')
  expect(made.ok ? undefined : made.errno).toBe(errno)
  if (!made.ok) return
  const buf = value(lab.dmaBuf.get(made.value))
  for (const call of [lab.dmaBuf.mmap(buf), lab.dmaBuf.vmap(buf), lab.dmaBuf.kmap(buf, 0)])
    expect(call).toMatchObject({ errno: 'EINVAL' })
  expect(lab.dmaBuf.beginCpuAccess(buf, DIR.BIDIRECTIONAL).ok).toBe(true)
  expect(lab.dmaBuf.endCpuAccess(buf, DIR.BIDIRECTIONAL).ok).toBe(true)
  expect(lab.dmaBuf.attach(buf, lab.device('n'))).toMatchObject({ errno: 'EOPNOTSUPP' })
  lab.dmaBuf.put(buf)
  value(lab.dmaBuf.close(made.value))
  expect(lab.balance()).toEqual(before)
  const full = openBench('arm64@7.2', undefined, {}, {}, [{ what: 'fd', nth: 1 }]).lab
  expect(createDeviceMemoryBuf(full.allocatorHost, { at: phys(at), len }, 'bar')).toMatchObject({ errno: 'EMFILE' })
  expect(full.balance()).toEqual(before)
})
