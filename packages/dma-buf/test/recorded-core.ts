// A dma-buf core whose exporter writes down what it is asked, and whose calls and events can be read.
import {
  type Arch,
  type Device,
  dirName,
  type DmaBufAttachment,
  type DmaBufOps,
  type EventBody,
  type KernelFacts,
  type KResult,
  ok,
  phys,
  RELEASES,
  type SgTable,
  vaddr,
} from '@dmalab/api'
import { createDmaBufCore, type DmaBufCoreParts } from '../src/dma-buf-core.ts'

export const DEVICE = { name: 'gsc' } as Device
export const TABLE = { handle: 1, nents: 1, origNents: 1 } as SgTable
export const KERNEL_AT = vaddr(0xf000_0000n)

export const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}

const factsOf = (release: '4.11' | '6.1' | '6.12' | '6.18', more: Partial<KernelFacts>): KernelFacts => ({
  ...RELEASES[release],
  arch: { pointerBits: 64 } as Arch,
  poolIsFinal: true,
  sgEntrySize: 32,
  sgDmaLength: true,
  dmaAddrSize: 8,
  physAddrSize: 8,
  ...more,
})

export interface CoreSetup {
  readonly release?: '4.11' | '6.1' | '6.12' | '6.18'
  readonly facts?: Partial<KernelFacts>
  readonly ops?: Partial<DmaBufOps>
  readonly parts?: Partial<DmaBufCoreParts>
}

export const openCore = ({ release = '6.12', facts = {}, ops = {}, parts = {} }: CoreSetup = {}) => {
  const calls: string[] = []
  const paths: string[] = []
  const events: EventBody[] = []
  const stock: DmaBufOps = {
    attach: () => (calls.push('attach'), ok(undefined)),
    detach: () => void calls.push('detach'),
    map: (_attachment, dir) => (calls.push(`map ${dirName(dir)}`), ok(TABLE)),
    unmap: (_attachment, _table, dir) => void calls.push(`unmap ${dirName(dir)}`),
    release: () => void calls.push('release'),
    beginCpuAccess: (_buf, dir) => (calls.push(`begin ${dirName(dir)}`), ok(undefined)),
    endCpuAccess: (_buf, dir) => (calls.push(`end ${dirName(dir)}`), ok(undefined)),
    mmap: (_buf, { pgoff, len }) => (
      calls.push(`mmap ${pgoff} ${len}`),
      ok({ phys: phys(0x4000_0000), len, kind: 'cached' })
    ),
    vmap: () => (calls.push('vmap'), ok(KERNEL_AT)),
    vunmap: () => void calls.push('vunmap'),
    kmap: (_buf, page) => (calls.push(`kmap ${page}`), ok(KERNEL_AT)),
    ...ops,
  }
  const core = createDmaBufCore({
    facts: factsOf(release, facts),
    sink: { wants: () => true, emit: (event) => events.push(event) },
    stack: {
      call: (symbols, body) => {
        paths.push([symbols].flat().join(' > '))
        return body()
      },
    },
    ...parts,
  })
  const exported = (size = 8192) =>
    value(core.export({ expName: 'test', size, ops: stock, priv: null, owner: 'frame' }))
  const attached = (
    ...more: Parameters<typeof core.attach> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ) => {
    const buf = exported()
    return { buf, attachment: value(core.attach(buf, DEVICE, ...more)) as DmaBufAttachment }
  }
  const balance = () => Object.fromEntries([...core.balance()].filter(([, count]) => count !== 0))
  return { core, calls, paths, events, exported, attached, balance }
}
