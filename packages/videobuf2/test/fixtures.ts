// A queue over an allocator of plain objects: what videobuf2 does with the answers, without a machine.
import {
  type Arch,
  type Device,
  type Direction,
  dirName,
  dma,
  type DmaBufOps,
  type DriverQueue,
  type EventBody,
  fail,
  type KernelFacts,
  ok,
  phys,
  type QueueSetup,
  RELEASES,
  type SgTable,
  type Vb2Buffer,
  type Vb2Mem,
  type Vb2MemOps,
  vaddr,
} from '@dmalab/api'
import { createDmaBufCore } from '@dmalab/dma-buf'
import { createQueue } from '../src/index.ts'

const BUILD = {
  arch: {
    pointerBits: 32,
    syscallPath: ['ret_fast_syscall', 'SyS_ioctl', 'do_vfs_ioctl'] as readonly string[],
  } as Arch,
  sgEntrySize: 16,
  sgDmaLength: false,
  dmaAddrSize: 4,
  physAddrSize: 4,
} as const

export const V4_11: KernelFacts = { ...RELEASES['4.11'], ...BUILD }
export const V6_12: KernelFacts = { ...RELEASES['6.12'], ...BUILD }

export interface Bench {
  readonly events: EventBody[]
  /** Allocator calls, in order. */
  readonly calls: string[]
  /** What memory was asked for: device, bytes, direction, owner and more. */
  readonly asked: string[]
  readonly core: ReturnType<typeof createDmaBufCore>
  /** Buffers the driver owns. */
  readonly driver: Vb2Buffer[]
  readonly queue: (setup?: Partial<QueueSetup>) => DriverQueue
  readonly texts: () => string[]
}

/** `failing` names the allocator operations that fail, and from which call on (1 = the first). */
export const openBench = (
  facts: KernelFacts = V4_11,
  failing: Partial<Record<string, number>> = {},
  more: Partial<Vb2MemOps> = {},
): Bench => {
  const events: EventBody[] = []
  const calls: string[] = []
  const asked: string[] = []
  const driver: Vb2Buffer[] = []
  const sink = { wants: () => true, emit: (event: EventBody) => void events.push(event) }
  const core = createDmaBufCore({ facts, sink, stack: { call: (_symbols, body) => body() } })
  const device = { name: 'vid0', memDevices: [] as readonly Device[] } as Device
  const counts: Record<string, number> = {}
  const table = { handle: 0, nents: 1, origNents: 1 } as SgTable

  const attempt = <T>(what: string, value: () => T) => {
    calls.push(what)
    counts[what] = (counts[what] ?? 0) + 1
    return counts[what] >= (failing[what] ?? Infinity) ? fail('ENOMEM', `${what} was told to fail`) : ok(value())
  }
  const newMem = (owner: string, size: number): Vb2Mem => ({
    dev: device,
    size,
    owner,
    dir: 0,
    attrs: 0,
    vaddr: null,
    cookie: null,
    dmaAddr: dma(0x4000_0000),
    table: null,
    refcount: 1,
    dbuf: null,
    priv: null,
  })
  const put = (mem: Vb2Mem): void => {
    mem.refcount -= 1
    calls.push(mem.refcount === 0 ? 'free' : 'put')
  }
  const exporter: DmaBufOps = {
    attach: () => ok(undefined),
    detach: () => undefined,
    map: () => ok(table),
    unmap: () => undefined,
    release: (buf) => put(buf.priv as Vb2Mem),
    beginCpuAccess: () => ok(undefined),
    endCpuAccess: () => ok(undefined),
    mmap: () => fail('EINVAL', 'no mmap'),
    vmap: () => fail('EINVAL', 'no vmap'),
    vunmap: () => undefined,
    kmap: () => fail('EINVAL', 'no kmap'),
  }
  const ask = (what: string, dev: Device | null, size: number, dir: Direction, owner: string, rest = ''): void =>
    void asked.push(`${what} ${dev?.name} ${size} ${dirName(dir)} ${owner}${rest}`)
  const ops: Vb2MemOps = {
    alloc: (dev, size, dir, owner, options) => {
      ask(
        'alloc',
        dev,
        size,
        dir,
        owner,
        `${options?.nonCoherent === true ? ' non-coherent' : ''} ${options?.dmaAttrs}`,
      )
      return attempt('alloc', () => newMem(owner, size))
    },
    put,
    getDmabuf: (mem) => {
      const wanted = attempt('getDmabuf', () => undefined)
      if (!wanted.ok) return wanted
      const dbuf = core.export({ expName: 'test', size: mem.size, ops: exporter, priv: mem, owner: mem.owner })
      if (dbuf.ok) mem.refcount += 1
      return dbuf
    },
    getUserptr: (dev, _user, size, dir, owner) => {
      ask('getUserptr', dev, size, dir, owner)
      return attempt('getUserptr', () => newMem(owner, size))
    },
    putUserptr: () => void calls.push('putUserptr'),
    prepare: () => void calls.push('prepare'),
    finish: () => void calls.push('finish'),
    attachDmabuf: (dev, dbuf, size, dir) => {
      ask('attachDmabuf', dev, size, dir, dbuf.owner)
      return attempt('attachDmabuf', () => newMem(dbuf.owner, size))
    },
    detachDmabuf: () => void calls.push('detachDmabuf'),
    mapDmabuf: () => attempt('mapDmabuf', () => undefined),
    unmapDmabuf: () => void calls.push('unmapDmabuf'),
    vaddr: () => vaddr(0xc000_0000n),
    cookie: (mem) => mem.dmaAddr,
    numUsers: (mem) => mem.refcount,
    mmap: (mem) => {
      mem.refcount += 1
      return ok({ phys: phys(0x4000_0000), len: mem.size, kind: 'uncached' })
    },
    ...more,
  }
  return {
    events,
    calls,
    asked,
    core,
    driver,
    texts: () => events.flatMap((event) => (event.event === 'printk' ? [event.text] : [])),
    queue: (setup = {}) =>
      createQueue(
        {
          kernel: facts,
          dmaBuf: core,
          sink,
          allocator: () => ops,
          call: (_symbols, body) => body(),
          printk: (level, text) => sink.emit({ event: 'printk', level, text }),
          minor: () => 3,
          released: () => undefined,
          copyToUser: (user, from, len) =>
            void calls.push(
              `copy ${len} from ${from.owner} at ${from.position} (0x${from.at.toString(16)}) to 0x${user.phys.toString(16)}`,
            ),
          copyFromUser: (user, to, len) =>
            void calls.push(
              `copy ${len} to ${to.owner} at ${to.position} (0x${to.at.toString(16)}) from 0x${user.phys.toString(16)}`,
            ),
        },
        device,
        {
          name: 'vid0 CAPTURE',
          type: 'VIDEO_CAPTURE',
          allocator: 'test',
          ioModes: ['MMAP', 'DMABUF', 'USERPTR'],
          planes: () => [{ size: 5000, dev: device }],
          // As vivid: whole planes of progressive pictures.
          hooks: {
            field: () => ok(1),
            prepare: (planes) =>
              setup.type?.startsWith('VIDEO_OUTPUT') === true
                ? ok(null)
                : ok(planes.map(({ length }) => ({ bytesused: length, dataOffset: 0 }))),
          },
          onQueue: (buffer) => driver.push(buffer),
          symbols: (op) => [`vb2_ioctl_${op}`],
          onStart: () => ok(undefined),
          onStop: () => {
            driver.length = 0
          },
          ...setup,
        },
      ),
  }
}

/** The value of a result that must be one. */
export const value = <T>(result: { ok: true; value: T } | { ok: false; why: string }): T => {
  if (!result.ok) throw new Error(result.why)
  return result.value
}
