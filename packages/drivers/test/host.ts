// A host of plain objects for one driver: its queues, dma-bufs and bus write down what the driver does with them.
import { UNUSED } from './unused.ts'
import {
  type BusAccess,
  type Content,
  type Device,
  type DeviceBus,
  dma,
  type DmaBuf,
  type DmaBufAttachment,
  type DmaBufCore,
  type Driver,
  type DriverDef,
  type DriverHost,
  type DriverQueue,
  type EventBody,
  fail,
  type FenceUsage,
  type KernelFacts,
  type KResult,
  ok,
  pfn,
  type QueueSetup,
  RELEASES,
  type Reservation,
  type SgTable,
  type V4l2Memory,
  type Vb2Buffer,
  type Vb2Mem,
  vaddr,
} from '@dmalab/api'

/** One access over the bus or by the CPU. `expect` of a read is what the driver compares with. */
interface Access {
  readonly by: string
  readonly do: 'read' | 'write'
  readonly at: number
  readonly len: number
  readonly content: Content | Uint8Array | number | undefined
}

/** A buffer that the driver handed back. */
interface Done {
  readonly queue: string
  readonly index: number
  readonly state: string
  readonly timestamp: number | undefined
  readonly bytesused: readonly number[] | undefined
}

/** A queue whose state the test sets; `setup` is what the driver asked for. */
interface FakeQueue {
  readonly setup: QueueSetup
  memory: V4l2Memory | undefined
  streaming: boolean
}

export interface FakeHost {
  readonly driver: Driver
  readonly device: Device
  readonly accesses: Access[]
  readonly done: Done[]
  /** Calls of the dma-buf core and of the DMA API that did something, in order. */
  readonly calls: string[]
  readonly events: EventBody[]
  readonly texts: string[]
  /** Kernel functions that were entered, in order. */
  readonly symbols: string[]
  readonly queues: Readonly<Record<'output' | 'capture', FakeQueue>>
  /** fd -> buffer. */
  readonly fds: Map<number, DmaBuf>
  /** What lies in the memory of an owner. */
  readonly written: Map<string, Content | Uint8Array>
  /** Bus addresses of each dma-buf, as segments. */
  readonly tables: Map<DmaBuf, SgTable>
  /** What the next steps meet; a test sets them. */
  readonly world: {
    blocked: (at: number) => boolean
    wrong: (at: number) => number
    wait: (usage: FenceUsage) => KResult<void>
  }
}

export const newDevice = (name: string, more: Partial<Device> = {}): Device =>
  ({ name, facts: { driverName: 'drv' }, memDevices: [], opsName: 'arm', ...more }) as unknown as Device

/** A mapped list with these bus segments; page `i` of it is frame 100 + i. */
export const sgTable = (...segments: readonly (readonly [at: number, len: number])[]): SgTable => {
  const entries = segments.map(([at, len], i) => ({
    page: { kind: 'page' as const, pfn: pfn(100 + i) },
    offset: 0,
    length: len,
    attrs: 0,
    dmaAddress: dma(at),
    dmaLength: len,
  }))
  const entry = (index: number) => {
    const found = entries[index]
    if (found === undefined) throw new Error(`the list has no entry ${index}`)
    return found
  }
  return {
    handle: 0,
    nents: segments.length,
    origNents: segments.length,
    entry,
    entries: () => entries,
    shortest: (nents: number) => Math.min(...entries.slice(0, nents).map(({ length }) => length)),
    ...UNUSED,
  }
}

export const newDmaBuf = (owner: string, size: number, priv: unknown = null): DmaBuf =>
  ({ owner, size, priv, expName: 'test', ino: 1, refs: 1, attachments: [] }) as unknown as DmaBuf

/** A buffer of the queue, as vb2 hands it to the driver: one plane for each length. */
export const newBuffer = (
  owner: string,
  planes: readonly {
    readonly length: number
    readonly cookie: Vb2Buffer['planes'][number]['cookie']
    readonly bytesused?: number
    readonly kernelAt?: bigint
  }[],
  timestamp = 0,
): Vb2Buffer => ({
  index: Number(/\d+$/.exec(owner)?.[0] ?? 0),
  state: 'ACTIVE',
  timestamp,
  field: 1,
  planes: planes.map(({ length, cookie, bytesused = 0, kernelAt }, p) => ({
    length,
    bytesused,
    cookie,
    mem: { owner: `${owner}.${p}` } as Vb2Mem,
    vaddr: kernelAt === undefined ? null : vaddr(kernelAt),
  })),
})

/** Opens the driver on a device of its own. */
export const openDriver = (def: DriverDef, device = newDevice('dev')): FakeHost => {
  const accesses: Access[] = []
  const done: Done[] = []
  const calls: string[] = []
  const events: EventBody[] = []
  const texts: string[] = []
  const symbols: string[] = []
  const fds = new Map<number, DmaBuf>()
  const written = new Map<string, Content | Uint8Array>()
  const tables = new Map<DmaBuf, SgTable>()
  const queues: Partial<Record<'output' | 'capture', FakeQueue>> = {}
  const world: FakeHost['world'] = { blocked: () => false, wrong: () => 0, wait: () => ok(undefined) }

  const createQueue = (setup: QueueSetup): DriverQueue => {
    const side = setup.type.includes('OUTPUT') ? 'output' : 'capture'
    const state: FakeQueue = { setup, memory: undefined, streaming: false }
    queues[side] = state
    const queue = {
      name: setup.name,
      type: setup.type,
      device,
      get memory() {
        return state.memory
      },
      get streaming() {
        return state.streaming
      },
      v4l2: Object.defineProperty({}, 'busy', { get: () => state.memory !== undefined }),
      done: (buffer: Vb2Buffer, outcome: string, result: Partial<Done> = {}) => {
        const { timestamp, bytesused } = result
        done.push({ queue: side, index: buffer.index, state: outcome, timestamp, bytesused })
      },
      release: () => void calls.push(`release ${side}`),
    }
    return queue as unknown as DriverQueue
  }

  const result = (at: number, len: number) => ({
    bytes: len,
    wrong: world.wrong(at),
    firstWrong: 0,
    blocked: world.blocked(at) ? len : 0,
  })
  const bus = (of = device): DeviceBus => ({
    write: ({ at, len }: BusAccess, content) => {
      accesses.push({ by: of.name, do: 'write', at, len, content })
      return result(at, len)
    },
    read: ({ at, len }: BusAccess, content) => {
      accesses.push({ by: of.name, do: 'read', at, len, content })
      return result(at, len)
    },
    fetch: ({ len }) => new Uint8Array(len),
  })

  const get = (fd: number): KResult<DmaBuf> => {
    const buf = fds.get(fd)
    if (buf === undefined) return fail('EBADF', `fd ${fd} is closed`)
    calls.push(`get ${buf.owner}`)
    return ok(buf)
  }
  const resv = {
    newFence: () => ({ driver: '', timeline: '', context: 1, seqno: 1, signaled: false }),
    addFence: () => void calls.push('fence added'),
    signal: () => void calls.push('fence signaled'),
    wait: (usage: FenceUsage) => world.wait(usage),
  } as unknown as Reservation
  const dmaBuf = {
    get,
    put: (buf: DmaBuf) => void calls.push(`put ${buf.owner}`),
    attach: (buf: DmaBuf, dev: Device) => {
      calls.push(`attach ${buf.owner}`)
      return ok({ dmabuf: buf, dev } as unknown as DmaBufAttachment)
    },
    detach: (buf: DmaBuf) => void calls.push(`detach ${buf.owner}`),
    mapAttachment: ({ dmabuf }: DmaBufAttachment) => {
      const table = tables.get(dmabuf)
      if (table === undefined) return fail('EIO', `${dmabuf.owner} cannot be mapped`)
      calls.push(`map ${dmabuf.owner}`)
      return ok(table)
    },
    unmapAttachment: ({ dmabuf }: DmaBufAttachment) => void calls.push(`unmap ${dmabuf.owner}`),
    resv: () => resv,
  } as unknown as DmaBufCore

  const cpu: DriverHost['cpu'] = {
    write: (at, len, content) => void accesses.push({ by: 'cpu', do: 'write', at: Number(at), len, content }),
    compare: (at, len, content) => {
      accesses.push({ by: 'cpu', do: 'read', at: Number(at), len, content })
      return world.wrong(Number(at))
    },
  }
  const mem = {
    pageToPfn: (page: { readonly pfn: number }) => page.pfn,
    pageWord: (page: { readonly pfn: number }, at: number) => void calls.push(`look at page ${page.pfn}, byte ${at}`),
    vmap: (pages: readonly number[]) => {
      calls.push(`vmap ${pages.join(' ')}`)
      return ok(vaddr(0xf000_0000n))
    },
    unmap: () => void calls.push('vunmap'),
  } as unknown as DriverHost['mem']

  const host: DriverHost = {
    device,
    kernel: KERNEL,
    dma: {
      syncSgForDevice: () => void calls.push('sync for device'),
      syncSgForCpu: () => void calls.push('sync for cpu'),
    } as unknown as DriverHost['dma'],
    dmaBuf,
    bus,
    createQueue,
    contentSeed: (frame, plane) => 100 * frame + plane,
    expected: (owner) => written.get(owner),
    mem,
    cpu,
    emit: (event) => void events.push(event),
    call: (path, body) => {
      symbols.push(...(typeof path === 'string' ? [path] : path))
      return body()
    },
    printk: (_level, text) => void texts.push(text),
    kernelDriver: null,
    node: null,
  }
  const driver = def.create(host)
  return {
    driver,
    device,
    accesses,
    done,
    calls,
    events,
    texts,
    symbols,
    fds,
    written,
    tables,
    world,
    get queues() {
      const { output, capture } = queues
      if (output === undefined || capture === undefined) throw new Error('the driver made no queues')
      return { output, capture }
    },
  }
}

/** As far as drivers read it. */
const KERNEL = {
  ...RELEASES['4.11'],
  arch: { pointerBits: 32, syscallPath: ['ret_fast_syscall', 'SyS_ioctl', 'do_vfs_ioctl'] },
  dmaAddrSize: 4,
} as unknown as KernelFacts

/** What a call that must succeed returns. */
export const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}
