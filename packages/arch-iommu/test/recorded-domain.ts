// A domain that is a plain table of pages, and writes down what it is asked; what fails is chosen by name, from the nth call on.
import { type DmaAddr, fail, type IommuDomain, ok, type PhysAddr } from '@dmalab/api'

export const PAGE = 4096
export const RAM = 0x8000_0000
/** Where addresses are handed out from, upwards. */
export const FIRST = 0x10_0000

export interface Recorded {
  readonly calls: string[]
  readonly domain: IommuDomain
  /** What is mapped: `bus address -> memory`, in pages. */
  readonly mapped: () => readonly string[]
  /** Bytes of bus addresses that are taken. */
  readonly taken: () => number
}
export type Failing = Readonly<Partial<Record<'allocIova' | 'mapAt' | 'map', number>>>

const hex = (x: number): string => x.toString(16)

export const recordedDomain = (failing: Failing = {}, calls: string[] = []): Recorded => {
  const pages = new Map<number, number>()
  const counts = { allocIova: 0, mapAt: 0, map: 0 }
  const fails = (what: keyof typeof counts): boolean => ++counts[what] >= (failing[what] ?? Infinity)
  let next = FIRST
  let taken = 0
  const put = (at: number, phys: number, size: number): void => {
    for (let done = 0; done < size; done += PAGE) pages.set(at + done, phys + done)
  }
  const drop = (at: number, size: number): number => {
    let done = 0
    while (done < size && pages.delete(at + done)) done += PAGE
    return done
  }
  const alloc = (size: number): number => {
    const at = next
    next += size
    taken += size
    return at
  }
  const wholeOf = (at: number, size: number): readonly [start: number, size: number] => {
    const start = at - (at % PAGE)
    return [start, Math.ceil((at + size - start) / PAGE) * PAGE]
  }
  const domain: IommuDomain = {
    plain: null,
    granule: PAGE,
    map: (phys, size, prot) => {
      const [start, whole] = wholeOf(phys, size)
      if (fails('map')) return fail('ENOMEM', 'no address')
      const at = alloc(whole)
      put(at, start, whole)
      calls.push(`map ${hex(phys)} ${hex(size)} prot ${prot}`)
      return ok((at + phys - start) as DmaAddr)
    },
    unmap: (at, size) => {
      const [start, whole] = wholeOf(at, size)
      calls.push(`unmap ${hex(at)} ${hex(size)}`)
      taken -= whole
      return drop(start, whole)
    },
    mapSg: (_table, nents, prot) => (calls.push(`map list of ${nents} prot ${prot}`), ok(nents)),
    unmapSg: (_table, nents) => void calls.push(`unmap list of ${nents}`),
    allocIova: (size) => (fails('allocIova') ? undefined : (alloc(size) as DmaAddr)),
    freeIova: (at, size) => {
      calls.push(`free ${hex(at)} ${hex(size)}`)
      taken -= size
    },
    lostIova: (asked, freed) => asked - freed,
    reserveIova: () => undefined,
    mapAt: (at, phys, size, prot) => {
      if (fails('mapAt')) return fail('ENOMEM', 'no table')
      calls.push(`link ${hex(at)} ${hex(phys)} ${hex(size)} prot ${prot}`)
      put(at, phys, size)
      return ok(undefined)
    },
    unmapAt: (at, size) => (calls.push(`unlink ${hex(at)} ${hex(size)}`), drop(at, size)),
    iovaToPhys: (at) => {
      const page = pages.get(at - (at % PAGE))
      return page === undefined ? undefined : ((page + (at % PAGE)) as PhysAddr)
    },
    translate: () => [],
    pass: (ms) => void calls.push(`pass ${ms}`),
  }
  const mapped = () => [...pages].toSorted(([a], [b]) => a - b).map(([at, phys]) => `${hex(at)} -> ${hex(phys)}`)
  return { calls, domain, mapped, taken: () => taken }
}
