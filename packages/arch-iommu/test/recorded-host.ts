// A host of dma-iommu that writes down which memory is taken and mapped; steps fail by name.
import { fail, type Host, type KernelVaddr, type KResult, ok, type Pfn, pfn, phys, pluginApi, vaddr } from '@dmalab/api'
import { remappedMemory } from '../src/remapped-memory.ts'
import { type Failing, PAGE, recordedDomain } from './recorded-domain.ts'

export const [K64, M1] = [2 ** 16, 2 ** 20]
const hex = (x: number): string => x.toString(16)
export const LINEAR = 0xffff_0000_0000_0000n

interface Setup {
  readonly coherent?: boolean
  readonly failing?: Failing
  /** The nth call that fails, from then on. */
  readonly pages?: number
  readonly vmap?: number
  readonly largest?: number
  /** Blocks lie apart. */
  readonly apart?: boolean
  readonly cma?: Pfn
  readonly highmem?: boolean
  readonly granule?: number
  /** The atomic pool has memory. */
  readonly atomic?: boolean
}
export const openMemory = (setup: Setup = {}) => {
  const { coherent = false, failing = {}, pages = Infinity, vmap = Infinity, largest = Infinity } = setup
  const { apart = false, cma, highmem = false, granule = PAGE, atomic = false } = setup
  const recorded = recordedDomain(failing)
  const { calls } = recorded
  let next = 0x100
  let live = 0
  let mappings = 0
  let asked = 0
  const views = new Map<KernelVaddr, number>()
  const view = (at: number, text: string): KResult<KernelVaddr> => {
    if (++asked >= vmap) return fail('ENOMEM', 'no kernel address')
    mappings += 1
    calls.push(text)
    const cpuAddr = vaddr(0xf000_0000n + BigInt(asked * 2 ** 24))
    views.set(cpuAddr, at)
    return ok(cpuAddr)
  }
  let taking = 0
  const mem = {
    allocPages: (len: number, options: { owner?: string; highmem?: boolean }) => {
      if (++taking >= pages || len > largest) return fail('ENOMEM', 'no pages')
      const first = next
      next += len / PAGE + (apart ? 1 : 0)
      live += len
      calls.push(`pages ${hex(first)} ${hex(len)}${options.highmem === true ? ' high' : ''} ${options.owner}`)
      return ok(pfn(first))
    },
    freePages: (first: Pfn, len: number) => {
      live -= len
      calls.push(`free pages ${hex(first)} ${hex(len)}`)
    },
    freeContiguous: (first: Pfn, len: number) => {
      live -= len
      calls.push(`free piece ${hex(first)} ${hex(len)}`)
    },
    vmap: (frames: readonly Pfn[], kind: string) => view((frames[0] ?? 0) * PAGE, `vmap ${frames.length} ${kind}`),
    remap: (at: number, len: number, kind: string) => view(at, `remap ${hex(at)} ${hex(len)} ${kind}`),
    linearAddress: (at: number) => vaddr(LINEAR + BigInt(at)),
    resolve: (at: KernelVaddr) => {
      const found = at >= LINEAR ? Number(at - LINEAR) : views.get(at)
      return found === undefined ? undefined : { phys: phys(found), kind: 'cached' }
    },
    unmap: (at: KernelVaddr) => {
      mappings -= 1
      views.delete(at)
    },
    isHighmemPfn: () => highmem,
  }
  const host = {
    device: { name: 'dev' },
    mem,
    arch: {
      clearBuffer: (at: number, len: number, coherent: boolean) =>
        void calls.push(`clear ${hex(at)} ${hex(len)}${coherent ? '' : ' and clean'}`),
    },
    allocFromCma: (len: number) => {
      if (cma === undefined) return undefined
      live += len
      return cma
    },
    cmaLacks: (len: number) => `CMA lacks ${len}`,
    allocFromAtomicPool: (len: number, options: object) => {
      calls.push(`pool ${hex(len)} ${JSON.stringify(options)}`)
      return atomic ? ok({ phys: phys(0x5000), cpuAddr: vaddr(0x77n) }) : fail('ENOMEM', 'pool is full')
    },
    freeToAtomicPool: (at: KernelVaddr, len: number) => {
      if (at !== 0x77n) return false
      calls.push(`pool back ${hex(len)}`)
      return true
    },
    mmapFromDevCoherent: (at: KernelVaddr) => (at === 0x99n ? fail('EBUSY', 'a pool of the device') : undefined),
    sg: { fromPages: (ask: object) => ok(ask) },
    sgAlloc: () => ok({ setPage: (...set: unknown[]) => void calls.push(`entry ${JSON.stringify(set)}`) }),
  } as unknown as Host
  const memory = remappedMemory(pluginApi, host, {
    domain: { ...recorded.domain, granule },
    limits: () => ({}) as never,
    allocSizes: PAGE + K64 + M1,
    coherent,
  })
  const balance = () => ({ live, mappings, taken: recorded.taken(), mapped: recorded.mapped().length })
  return { ...recorded, memory, balance }
}
export const NOTHING = { live: 0, mappings: 0, taken: 0, mapped: 0 }
export const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(result.why)
  return result.value
}
