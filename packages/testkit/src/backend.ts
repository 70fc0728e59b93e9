// The suite for op tables: what every one of them must do, and for each capability the test that its value chooses.
import {
  type Coherent,
  DIR,
  type Device,
  type DmaAddr,
  type DmaOps,
  type DmaOpsCaps,
  type KResult,
  type Lab,
  PAGE_SIZE,
  type Pfn,
  pfnOf,
  phys,
  reaches,
  type SgTable,
  type UserMapping,
} from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { exploredTable, LONGEST } from './exploration.ts'
import { type KitDevice, lastPage } from './kit-machine.ts'
import { capsOf, type KernelUnderTest, openKit, openKitForTest, OPERATIONS } from './under-test.ts'

export interface BackendUnderTest extends KernelUnderTest {
  /** Device of the kit's machine whose table is tested; `plain` when absent. */
  readonly device?: Exclude<KitDevice, 'pooled' | 'narrow'>
}

/** One test's world. */
interface Rig {
  readonly lab: Lab
  readonly device: Device
  readonly ops: DmaOps
}

/** Defines the suite. `under` is called once, when the tests are collected. */
export const describeBackend = (under: () => BackendUnderTest): void => {
  const given = under()
  const name = given.device ?? 'plain'
  const open = (device: string = name): Rig => {
    const lab = openKitForTest(given)
    const found = lab.device(device)
    return { lab, device: found, ops: lab.ops(found) }
  }
  const lab = openKit(given)
  const device = lab.device(name)
  const caps = capsOf(given, lab, device)
  lab.close()

  describe(`op table ${device.opsName} of ${given.kernel}, device ${name}`, () => {
    always(open)
    if (given.kernel.includes('+')) return
    it('explored with ordinary memory: nothing goes wrong', { timeout: LONGEST }, async () => {
      expect(await exploredTable(given, name)).toEqual([])
    })
    chosen(open, caps, lab.facts.swiotlb !== null)
  })
}

const always = (open: () => Rig): void => {
  it('has every operation', () => {
    const { ops } = open()
    expect(OPERATIONS.filter((operation) => typeof ops[operation] !== 'function')).toEqual([])
  })

  it('allocates zeroed memory that the device reaches, and the CPU at the address it gets', () => {
    const { lab, device, ops } = open()
    const { handle, cpuAddr } = value(ops.alloc(3 * PAGE_SIZE, 0, 'b'))
    expect(reaches(device.coherentMaskBits, handle, 3 * PAGE_SIZE)).toBe(true)
    expect(read(lab, device, handle, 3 * PAGE_SIZE, 0)).toEqual({ wrong: 0, blocked: 0 })
    lab.mem.memset(cpuAddr, 0x5a, 3 * PAGE_SIZE)
    expect(read(lab, device, handle, 3 * PAGE_SIZE, 0x5a)).toEqual({ wrong: 0, blocked: 0 })
  })

  it('serves a caller that may not sleep like any other, or with ENOMEM, and takes the memory back', () => {
    const { lab, device: dev } = open()
    for (let round = 0; round < 3; round++) {
      const taken: Coherent[] = []
      for (let i = 0; i < 100; i++) {
        const got = lab.dma.allocAtomic(dev, PAGE_SIZE, 0, 'b')
        if (!got.ok) {
          expect(got.errno).toBe('ENOMEM')
          break
        }
        expect(lab.bus(dev).read({ at: got.value.handle, len: PAGE_SIZE }, 0)).toMatchObject({ wrong: 0, blocked: 0 })
        taken.push(got.value)
      }
      // What one round frees serves the next.
      expect(taken.length).toBeGreaterThan(0)
      expect(new Set(taken.map(({ handle }) => handle)).size).toBe(taken.length)
      for (const { cpuAddr, handle } of taken) lab.dma.freeAttrs(dev, PAGE_SIZE, cpuAddr, handle, 0)
    }
  })

  it('keeps coherent memory coherent both ways without a sync', () => {
    const { lab, device, ops } = open()
    const { handle, cpuAddr } = value(ops.alloc(PAGE_SIZE, 0, 'b'))
    const user = value(ops.mmap(cpuAddr, handle, PAGE_SIZE, 0, PAGE_SIZE, 0))
    lab.userWrite(user, { seed: 1 }, PAGE_SIZE, 'b')
    expect(read(lab, device, handle, PAGE_SIZE, { seed: 1 })).toEqual({ wrong: 0, blocked: 0 })
    lab.bus(device).write({ at: handle, len: PAGE_SIZE, owner: 'b' }, { seed: 2 })
    expect(lab.userCompare(user, PAGE_SIZE, 'b').wrong).toBe(0)
  })

  it('gives memory back: what is freed can be allocated again', () => {
    const { lab, ops } = open()
    const size = 4 * 2 ** 20
    const total = lab.machine.memory.reduce((sum, { len }) => sum + len, 0)
    let refused = 0
    for (let done = 0; done <= total; done += size) {
      const memory = ops.alloc(size, 0, 'b')
      if (memory.ok) ops.free(size, memory.value.cpuAddr, memory.value.handle, 0)
      else refused++
    }
    expect(refused).toBe(0)
  })

  it('refuses a user mapping that is longer than the buffer with ENXIO', () => {
    const { ops } = open()
    const { cpuAddr, handle } = value(ops.alloc(PAGE_SIZE, 0, 'b'))
    expect(ops.mmap(cpuAddr, handle, PAGE_SIZE, 0, 2 * PAGE_SIZE, 0)).toMatchObject({ ok: false, errno: 'ENXIO' })
  })

  it('describes allocated memory by a table of the same length', () => {
    const { ops } = open()
    const { cpuAddr, handle } = value(ops.alloc(3 * PAGE_SIZE, 0, 'b'))
    const table = value(ops.getSgtable(cpuAddr, handle, 3 * PAGE_SIZE, 0))
    expect(table.entries().reduce((sum, { length }) => sum + length, 0)).toBe(3 * PAGE_SIZE)
  })

  it('maps a list so that the device finds every byte, within its mask', () => {
    const { lab, device, ops } = open()
    const { pages, table } = list(lab, [2, 1, 3])
    for (const [i, page] of pages.entries()) lab.userWrite(page, { seed: i }, page.len, `p${i}`)
    const nents = value(ops.mapSg(table, 3, DIR.TO_DEVICE, 0))
    expect(nents).toBeGreaterThan(0)
    const segments = table.entries().slice(0, nents)
    expect(segments.reduce((sum, { dmaLength }) => sum + dmaLength, 0)).toBe(6 * PAGE_SIZE)
    expect(segments.every((s) => reaches(device.maskBits, s.dmaAddress, s.dmaLength))).toBe(true)
    const got = segments.map((s) => lab.bus(device).fetch({ at: s.dmaAddress, len: s.dmaLength }))
    const want = pages.map((page, i) => contentOf(lab, page, i))
    expect(bytesOf(got)).toEqual(bytesOf(want))
  })

  it('hands what the device wrote to the CPU with unmap, and with sync', () => {
    for (const hand of ['unmapPage', 'syncSingleForCpu'] as const) {
      const { lab, device, ops } = open()
      const page = user(lab, 1, 'p')
      lab.userWrite(page, { seed: 1 }, PAGE_SIZE, 'p')
      const handle = value(ops.mapPage(pageOf(page), 0, PAGE_SIZE, DIR.FROM_DEVICE, 0))
      // A CPU may fetch lines ahead at any time.
      lab.userCompare(page, PAGE_SIZE, 'p')
      lab.bus(device).write({ at: handle, len: PAGE_SIZE, owner: 'p' }, { seed: 2 })
      ops[hand](handle, PAGE_SIZE, DIR.FROM_DEVICE, 0)
      expect({ hand, ...lab.userCompare(page, PAGE_SIZE, 'p') }).toEqual({ hand, bytes: PAGE_SIZE, wrong: 0 })
    }
  })

  it('answers the same on every fresh machine', () => {
    const answers = (): DmaAddr[] => {
      const { lab, ops } = open()
      const { handle } = value(ops.alloc(5 * PAGE_SIZE, 0, 'b'))
      return [handle, value(ops.mapPage(pageOf(user(lab, 1, 'p')), 16, 64, DIR.TO_DEVICE, 0))]
    }
    expect(answers()).toEqual(answers())
  })
}

/** For each capability the test of its value. */
const chosen = (open: (device?: string) => Rig, caps: DmaOpsCaps, bounceBuffer: boolean): void => {
  const pageless: Readonly<
    Record<DmaOpsCaps['pageless'], (lab: Lab, got: KResult<SgTable>, memory: Coherent) => boolean>
  > = {
    refused: (_lab, got) => !got.ok && got.errno === 'ENXIO',
    fabricated: (lab, got) => {
      const { page } = value(got).entry(0)
      return page.kind === 'page' && !lab.mem.hasStructPage(page.pfn)
    },
    carried: (_lab, got, { handle }) => value(got).entry(0).dmaAddress === handle,
  }
  it(`pageless is ${caps.pageless}: a table of memory without struct page is so`, () => {
    const { lab, device, ops } = open('pooled')
    const memory = value(lab.dma.allocAttrs(device, PAGE_SIZE, 0, 'b'))
    const got = ops.getSgtable(memory.cpuAddr, memory.handle, PAGE_SIZE, patchAttrs(lab))
    expect(pageless[caps.pageless](lab, got, memory)).toBe(true)
  })

  if (caps.maintainsCaches)
    it('maintainsCaches: mapping writes back what the CPU left in its caches, and counts the lines', () => {
      const { lab, device, ops } = open()
      const page = user(lab, 1, 'p')
      lab.userWrite(page, { seed: 7 }, PAGE_SIZE, 'p')
      const before = lab.cache.counters().lines
      const handle = value(ops.mapPage(pageOf(page), 0, PAGE_SIZE, DIR.TO_DEVICE, 0))
      if (!device.facts.coherent) expect(lab.cache.counters().lines).toBeGreaterThan(before)
      expect(read(lab, device, handle, PAGE_SIZE, { seed: 7 })).toEqual({ wrong: 0, blocked: 0 })
    })
  else
    it('maintainsCaches is false: mapping touches no cache line', () => {
      const { lab, ops } = open()
      const before = lab.cache.counters().lines
      value(ops.mapPage(pageOf(user(lab, 1, 'p')), 0, PAGE_SIZE, DIR.BIDIRECTIONAL, 0))
      expect(lab.cache.counters().lines).toBe(before)
    })

  it(`syncTouchesPage is ${caps.syncTouchesPage}: syncing memory that no kernel mapping covers ${caps.syncTouchesPage ? 'faults' : 'does not fault'}`, () => {
    const { lab, device, ops } = open('pooled')
    const own = open().device
    const table = device.opsName === own.opsName ? { lab, device, ops } : open()
    const { handle } = value(lab.dma.allocAttrs(device, PAGE_SIZE, 0, 'b'))
    const sync = (): void => table.ops.syncSingleForDevice(handle, PAGE_SIZE, DIR.TO_DEVICE)
    // Where every device snoops, no sync does anything.
    expect(faults(sync)).toBe(caps.syncTouchesPage && lab.facts.arch.snoops !== 'always')
  })

  it(`mergesSegments is ${caps.mergesSegments}: neighbours come out as ${caps.mergesSegments ? 'one segment' : 'they went in'}`, () => {
    const { lab, ops } = open()
    const { pages } = list(lab, [2])
    const first = pfnOf(pages[0]?.phys ?? phys(0))
    const neighbours = [first, (first + 1) as Pfn].map((pfn) => ({
      page: { kind: 'page', pfn } as const,
      offset: 0,
      length: PAGE_SIZE,
    }))
    expect(value(ops.mapSg(lab.sgTable(neighbours), 2, DIR.TO_DEVICE, 0))).toBe(caps.mergesSegments ? 1 : 2)
  })

  if (caps.bounces && bounceBuffer)
    it('bounces: a page the device does not reach is mapped where it does, with the right bytes', () => {
      const { lab, device, ops } = open('narrow')
      const page = far(lab)
      lab.userWrite(page, { seed: 3 }, PAGE_SIZE, 'far')
      const handle = value(ops.mapPage(pageOf(page), 0, PAGE_SIZE, DIR.TO_DEVICE, 0))
      expect(reaches(device.maskBits, handle, PAGE_SIZE)).toBe(true)
      expect(read(lab, device, handle, PAGE_SIZE, { seed: 3 })).toEqual({ wrong: 0, blocked: 0 })
    })
  else if (!caps.translates)
    it('bounces is false, or the kernel has nothing to bounce into: a page out of reach is never another page in reach', () => {
      const { lab, device, ops } = open('narrow')
      const mapped = ops.mapPage(pageOf(far(lab)), 0, PAGE_SIZE, DIR.TO_DEVICE, 0)
      if (!mapped.ok) expect(mapped.errno).toBe('EIO')
      else expect(lab.bus(device).read({ at: mapped.value, len: PAGE_SIZE }).blocked).toBe(PAGE_SIZE)
    })

  it(`translates is ${caps.translates}: an address ${caps.translates ? 'means nothing' : 'still means memory'} after unmap`, () => {
    const { lab, device, ops } = open()
    const handle = value(ops.mapPage(pageOf(user(lab, 1, 'p')), 0, PAGE_SIZE, DIR.BIDIRECTIONAL, 0))
    ops.unmapPage(handle, PAGE_SIZE, DIR.BIDIRECTIONAL, 0)
    const { blocked } = lab.bus(device).read({ at: handle, len: PAGE_SIZE })
    expect(blocked).toBe(caps.translates ? PAGE_SIZE : 0)
  })
}

/** @throws Error for an errno: the set-up of a test */
const value = <T>(result: KResult<T>): T => {
  if (result.ok) return result.value
  throw new Error(`${result.errno}: ${result.why}`)
}

const read = (lab: Lab, device: Device, at: DmaAddr, len: number, expected: { seed: number } | number) => {
  const { wrong, blocked } = lab.bus(device).read({ at, len }, expected)
  return { wrong, blocked }
}

const user = (lab: Lab, pages: number, owner: string): UserMapping => value(lab.userAlloc(pages * PAGE_SIZE, owner))
const pageOf = (mapping: UserMapping) => ({ kind: 'page', pfn: pfnOf(mapping.phys) }) as const
const far = (lab: Lab): UserMapping => ({ phys: phys(lastPage(lab.machine)), len: PAGE_SIZE, kind: 'cached' })

/** Memory of so many pages each, and a list over it. */
const list = (lab: Lab, sizes: readonly number[]) => {
  const pages = sizes.map((size, i) => user(lab, size, `p${i}`))
  const table = lab.sgTable(pages.map((page) => ({ page: pageOf(page), offset: 0, length: page.len })))
  return { pages, table }
}

const bytesOf = (parts: readonly Uint8Array[]): number[] => parts.flatMap((part) => [...part])

/** The pattern with that seed, as memory shows it. */
const contentOf = (lab: Lab, { len }: UserMapping, seed: number): Uint8Array => {
  const at = user(lab, len / PAGE_SIZE, 'pattern')
  const device = lab.device('snooping')
  lab.userWrite(at, { seed }, len, 'pattern')
  const handle = value(lab.ops(device).mapPage(pageOf(at), 0, len, DIR.TO_DEVICE, 0))
  return lab.bus(device).fetch({ at: handle, len })
}

/** Every attribute bit that patches of the kernel define: what a driver that knows them passes. */
const patchAttrs = ({ kernel }: Lab): number =>
  kernel.patches.flatMap(({ attrs }) => Object.values(attrs ?? {})).reduce((bits, bit) => bits + bit, 0)

const faults = (body: () => void): boolean => {
  try {
    body()
    return false
  } catch (e) {
    if (e instanceof Error && e.name === 'SimulatedOops') return true
    throw e
  }
}
