// Buffers that are shared: exports, udmabufs, heaps, attachments, CPU access.
import { type KResult, pageAlign, PAGE_SIZE, type Pfn, physOf } from '@dmalab/api'
import { cmaHeap, createUdmabuf, DEFAULT_CMA_HEAP, type Heap, systemHeap } from '@dmalab/dma-buf'
import type { DmaBoot } from './dma-boot.ts'
import { programExporter } from './exporter.ts'
import { command, type Command, DIRECTION, NAME, NUMBER, optional, WORD } from './params.ts'
import { crc, pattern } from './pattern.ts'
import { listPlaces } from './places.ts'

const FOUR_GIB = 2 ** 32
/** size_limit_mb of udmabuf: larger ones are refused, and need no memory here. */
const UDMABUF_LIMIT = 64 * 2 ** 20

export const SHARING_COMMANDS: Readonly<Record<string, Command>> = {
  export: command({ name: NAME, memory: NAME }, (boot, { name, memory }) => {
    const { lab } = boot
    const of = boot.get(memory)
    if (of?.kind !== 'pages' && of?.kind !== 'coherent') return 'export bad'
    const ops = programExporter(lab, of)
    const got = lab.dmaBuf.export({ expName: 'dmaprog', size: pageAlign(of.size), ops, priv: null, owner: memory })
    if (!got.ok) return `export ${got.errno}`
    boot.put({ kind: 'buffer', name, dmabuf: got.value, of, user: null })
    return 'export ok'
  }),

  udmabuf: command({ name: NAME, size: NUMBER, aligned: NUMBER }, (boot, { name, size, aligned }) => {
    if (!boot.user.udmabuf) return 'udmabuf EBADF'
    if (aligned === 0) return 'udmabuf EINVAL'
    const { lab } = boot
    const len = size > UDMABUF_LIMIT ? PAGE_SIZE : pageAlign(Math.max(size, 1))
    const frames = framesIn(boot.userRuns, len / PAGE_SIZE)
    const allocated = ((frames.at(-1) ?? 0) + 1) * PAGE_SIZE
    const first = taskMemory(boot, allocated, name)
    if (!first.ok) return `udmabuf ${first.errno}`
    const phys = physOf(first.value)
    const pages = frames.map((frame) => (first.value + frame) as Pfn)
    const fd = createUdmabuf(lab.allocatorHost, { phys, len: size, kind: 'cached', pages }, name)
    if (fd.ok) return imported(boot, name, fd.value, { phys, len: allocated, kind: 'cached' })
    lab.mem.freePages(first.value, allocated)
    return `udmabuf ${fd.errno}`
  }),

  heap: command({ name: NAME, heap: WORD, size: NUMBER }, (boot, { name, heap, size }) => {
    if (!boot.user.heaps) return 'heap ENOENT'
    const found = heapNamed(boot, heap)
    if (found === undefined) return 'heap ENOENT'
    const fd = found.alloc(size, name)
    return fd.ok ? imported(boot, name, fd.value, null) : `heap ${fd.errno}`
  }),

  attach: command({ name: NAME, buffer: NAME, device: NAME }, (boot, { name, buffer: of, device: deviceName }) => {
    const buffer = boot.find('buffer', of)
    const device = boot.device(deviceName)
    if (buffer === undefined || device === undefined) return 'attach bad'
    const got = boot.lab.dmaBuf.attach(buffer.dmabuf, device)
    if (!got.ok) return `attach ${got.errno}`
    boot.put({ kind: 'attachment', name, device, buffer, attachment: got.value, mapped: null })
    return 'attach ok'
  }),

  dmap: command({ name: NAME, dir: DIRECTION }, (boot, { name, dir }) => {
    const object = boot.find('attachment', name)
    if (object === undefined || object.mapped !== null) return 'dmap bad'
    const got = boot.lab.dmaBuf.mapAttachment(object.attachment, dir)
    if (!got.ok) return `dmap ${got.errno}`
    object.mapped = { table: got.value, dir }
    return `dmap ok ${listPlaces(boot.lab, object.device, got.value)}`
  }),

  dunmap: command({ name: NAME }, (boot, { name }) => {
    const object = boot.find('attachment', name)
    if (object === undefined || object.mapped === null) return 'dunmap bad'
    boot.unmapAttachment(object)
    return 'dunmap ok'
  }),

  detach: command({ name: NAME }, (boot, { name }) => {
    const object = boot.find('attachment', name)
    if (object === undefined || object.mapped !== null) return 'detach bad'
    boot.drop(object)
    return 'detach ok'
  }),

  bca: command({ name: NAME, dir: DIRECTION }, (boot, { name, dir }) => {
    const buffer = boot.find('buffer', name)
    if (buffer === undefined) return 'bca bad'
    return `bca ${outcome(boot.lab.dmaBuf.beginCpuAccess(buffer.dmabuf, dir))}`
  }),

  eca: command({ name: NAME, dir: DIRECTION }, (boot, { name, dir }) => {
    const buffer = boot.find('buffer', name)
    if (buffer === undefined) return 'eca bad'
    return `eca ${outcome(boot.lab.dmaBuf.endCpuAccess(buffer.dmabuf, dir))}`
  }),

  xread: command({ name: NAME, offset: NUMBER, len: NUMBER }, (boot, { name, offset, len }) => {
    const read = mapped(boot, name, offset + len, (bytes) => crc(boot.cpuRead(bytes, offset, len, name)))
    return `xread ${read}`
  }),

  xwrite: command(
    { name: NAME, offset: NUMBER, len: NUMBER, seed: optional(NUMBER, 0) },
    (boot, { name, offset, len, seed }) => {
      const written = mapped(boot, name, offset + len, (bytes) => {
        boot.cpuWrite(bytes, offset, pattern(seed, len), name)
        boot.noteWritten(name)
        return 'ok'
      })
      return `xwrite ${written}`
    },
  ),

  put: command({ name: NAME }, (boot, { name }) => {
    const buffer = boot.find('buffer', name)
    if (buffer === undefined) return 'put bad'
    boot.drop(buffer)
    return 'put ok'
  }),
}

const outcome = (result: KResult<void>): string => (result.ok ? 'ok' : result.errno)

/**
 * /dev/dma_heap: the system heap, and the default CMA area under the full name of its node.
 * Models: Linux v6.12 drivers/dma-buf/heaps/cma_heap.c: add_default_cma_heap
 */
const heapNamed = ({ lab }: DmaBoot, name: string): Heap | undefined => {
  if (name === 'system') return systemHeap(lab.allocatorHost)
  const area = lab.machine.reserved.find((region) => region.default === 'cma')
  const isDefault = lab.facts.defaultCmaHeap && name === DEFAULT_CMA_HEAP
  if (!isDefault && (area === undefined || name !== `${area.name}@${area.base.toString(16)}`)) return undefined
  return cmaHeap(lab.allocatorHost, name)
}

/** Where pages lie, in frames from the first: runs of adjacent ones with a foreign page between. */
const framesIn = (runs: readonly number[], pages: number): readonly number[] => {
  const all = runs.reduce((sum, run) => sum + run, 0) === pages ? runs : [pages]
  let next = 0
  return all.flatMap((run) => {
    const first = next
    next += run + 1
    return Array.from({ length: run }, (_, i) => first + i)
  })
}

/** Cleared pages of a task: from the highest zone, where user memory comes from first. */
const taskMemory = (boot: DmaBoot, len: number, owner: string): KResult<Pfn> => {
  const { mem, machine } = boot.lab
  const reachesHigh = machine.memory.some((bank) => bank.base + bank.len > FOUR_GIB)
  const pages = mem.allocPages(len, { owner, ...(reachesHigh ? { above: FOUR_GIB } : {}) })
  if (!pages.ok) return pages
  for (let done = 0; done < len; done += PAGE_SIZE)
    boot.cpuWrite({ phys: physOf(pages.value), len, kind: 'cached' }, done, new Uint8Array(PAGE_SIZE), owner)
  return pages
}

/** The module takes the dma-buf behind a descriptor, and closes the descriptor. */
const imported = (
  boot: DmaBoot,
  name: string,
  fd: number,
  user: Extract<ReturnType<DmaBoot['get']>, { kind: 'buffer' }>['user'],
): string => {
  const { dmaBuf } = boot.lab
  const got = dmaBuf.get(fd)
  if (!got.ok) throw new Error(`descriptor ${fd} of ${name} is not open`)
  dmaBuf.close(fd)
  boot.put({ kind: 'buffer', name, dmabuf: got.value, of: null, user })
  return `import ok size=${got.value.size.toString(16)} exp=${got.value.expName}`
}

/** Runs `body` on the bytes of a buffer, mapped for the kernel for so long. */
const mapped = (
  boot: DmaBoot,
  name: string,
  len: number,
  body: (bytes: NonNullable<ReturnType<DmaBoot['kernelBytes']>>) => string,
): string => {
  const buffer = boot.find('buffer', name)
  if (buffer === undefined) return 'bad'
  const at = boot.lab.dmaBuf.vmap(buffer.dmabuf)
  if (!at.ok) return at.errno
  const bytes = boot.kernelBytes(at.value, len)
  const answer = bytes === undefined ? 'unmapped' : body(bytes)
  boot.lab.dmaBuf.vunmap(buffer.dmabuf, at.value)
  return answer
}
