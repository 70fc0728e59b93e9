// What every vb2 allocator must do, as named checks over its operations in a laboratory.
import {
  type AllocatorCaps,
  type Device,
  DIR,
  type DmaAddr,
  type Injection,
  type KernelVaddr,
  type KResult,
  type Lab,
  PAGE_SIZE,
  type Pfn,
  pfnOf,
  type SgTable,
  type UserMapping,
  type Vb2Mem,
  type Vb2MemOps,
} from '@dmalab/api'
import { expect } from 'vitest'

export interface AllocatorSubject {
  /** Name it has in the laboratory. */
  readonly allocator: string
  readonly caps: AllocatorCaps
  /** A laboratory of its own for each check; `device` is without pool and IOMMU. */
  open(inject?: readonly Injection[]): { readonly lab: Lab; readonly device: Device }
}

/** One check's laboratory. */
interface Rig {
  readonly lab: Lab
  readonly device: Device
  readonly ops: Vb2MemOps
  readonly caps: AllocatorCaps
  readonly alloc: (owner?: string) => Vb2Mem
  /** Operations taken and not given back, by the events: none when all is well. */
  readonly live: () => Record<string, number>
}

/** 57 pages: no power of two, so a list of blocks has several. */
const SIZE = 57 * PAGE_SIZE
const OWNER = 'test buffer'

const open = (subject: AllocatorSubject, inject?: readonly Injection[]): Rig => {
  const { lab, device } = subject.open(inject)
  const counts = { alloc: 0, map: 0, dmaBuf: 0, attachment: 0 }
  lab.listen('op', (told) => {
    const { event } = told
    // A failed allocation is reported too, without an address.
    if (told.event === 'dma_alloc' && told.virtAddr !== '') counts.alloc += 1
    if (event === 'dma_free') counts.alloc -= 1
    if (event === 'dma_map_sg') counts.map += 1
    if (event === 'dma_unmap_sg') counts.map -= 1
    if (event === 'dma_buf_export') counts.dmaBuf += 1
    if (event === 'dma_buf_release') counts.dmaBuf -= 1
    if (event === 'dma_buf_dynamic_attach') counts.attachment += 1
    if (event === 'dma_buf_detach') counts.attachment -= 1
  })
  const ops = lab.allocator(subject.allocator)
  return {
    lab,
    device,
    ops,
    caps: subject.caps,
    alloc: (owner = OWNER) => must(ops.alloc(device, SIZE, DIR.FROM_DEVICE, owner)),
    live: () => ({ ...counts }),
  }
}

const NOTHING = { alloc: 0, map: 0, dmaBuf: 0, attachment: 0 }

/** Every check by its sentence. Each throws where the allocator fails. */
export const ALLOCATOR_CHECKS: Readonly<Record<string, (subject: AllocatorSubject) => void>> = {
  'allocates whole zeroed buffers with one user, and frees them with the last': (subject) => {
    const { lab, device, ops, alloc, live } = open(subject)
    const mem = alloc()
    expect([mem.size, mem.owner, ops.numUsers(mem)]).toEqual([SIZE, OWNER, 1])
    expect(nonZeroBytes(lab, device, must(ops.mmap(mem, { pgoff: 0, len: SIZE })))).toBe(0)
    expect(ops.numUsers(mem)).toBe(2)
    ops.put(mem)
    ops.put(mem)
    expect(live()).toEqual(NOTHING)
  },

  'gives the device the address that its capabilities promise': (subject) => {
    const { caps, ops, alloc } = open(subject)
    const mem = alloc()
    const cookie = ops.cookie(mem)
    if (!caps.dma) expect(cookie).toBeNull()
    else if (caps.contiguous) expect(typeof cookie).toBe('number')
    else expect((cookie as SgTable).nents).toBeGreaterThan(1)
  },

  'lets the CPU see what the device wrote, after finish': (subject) => {
    const rig = open(subject)
    const mem = rig.alloc()
    fill(rig, mem, 11)
    const mapping = must(rig.ops.mmap(mem, { pgoff: 0, len: SIZE }))
    expect(rig.lab.userCompare(mapping, SIZE, OWNER).wrong).toBe(0)
  },

  'lets the device see what the CPU wrote, after prepare': (subject) => {
    const rig = open(subject)
    const mem = must(rig.ops.alloc(rig.device, SIZE, DIR.TO_DEVICE, OWNER))
    rig.lab.userWrite(must(rig.ops.mmap(mem, { pgoff: 0, len: SIZE })), { seed: 12 }, SIZE, OWNER)
    rig.ops.prepare(mem)
    expect(wrongBytes(rig, mem, 12)).toBe(0)
  },

  'keeps exported memory until the dma-buf goes': (subject) => {
    const { lab, ops, alloc, live } = open(subject)
    const mem = alloc()
    const dbuf = must(ops.getDmabuf(mem))
    expect([dbuf.size, dbuf.owner, ops.numUsers(mem)]).toEqual([SIZE, OWNER, 2])
    ops.put(mem)
    expect(live().dmaBuf).toBe(1)
    lab.dmaBuf.put(dbuf)
    expect(live()).toEqual(NOTHING)
  },

  'imports what it exported: the importer sees the same bytes, and nothing stays behind': (subject) => {
    const rig = open(subject)
    const { lab, device, ops, live } = rig
    const mem = rig.alloc()
    fill(rig, mem, 13)
    const dbuf = must(ops.getDmabuf(mem))
    const imported = must(ops.attachDmabuf(device, dbuf, SIZE, DIR.TO_DEVICE))
    must(ops.mapDmabuf(imported))
    expect(wrongBytes(rig, imported, 13)).toBe(0)
    ops.unmapDmabuf(imported)
    must(ops.mapDmabuf(imported))
    ops.unmapDmabuf(imported)
    ops.detachDmabuf(imported)
    ops.put(mem)
    lab.dmaBuf.put(dbuf)
    expect(live()).toEqual(NOTHING)
  },

  'refuses an import that is smaller than the plane with EFAULT': (subject) => {
    const { device, ops, alloc, live } = open(subject)
    const dbuf = must(ops.getDmabuf(alloc()))
    expect(ops.attachDmabuf(device, dbuf, SIZE + 1, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'EFAULT' })
    expect(live().attachment).toBe(0)
  },

  'maps an export into the kernel, every page of it': (subject) => {
    const rig = open(subject)
    const { lab, ops } = rig
    const mem = rig.alloc()
    fill(rig, mem, 15)
    const dbuf = must(ops.getDmabuf(mem))
    const at = must(lab.dmaBuf.vmap(dbuf))
    expect(lab.userCompare(behind(lab, at), SIZE, OWNER, { offset: 0, content: { seed: 15 } }).wrong).toBe(0)
    lab.dmaBuf.vunmap(dbuf, at)
  },

  'takes memory of the task when it says so, and refuses it when it does not': (subject) => {
    const rig = open(subject)
    const { lab, device, ops, caps, live } = rig
    const user = must(lab.userAlloc(SIZE, OWNER))
    const mem = ops.getUserptr(device, user, SIZE, DIR.TO_DEVICE, OWNER)
    expect(mem.ok).toBe(caps.userptr)
    if (!mem.ok) return
    lab.userWrite(user, { seed: 14 }, SIZE, OWNER)
    ops.prepare(mem.value)
    expect(wrongBytes(rig, mem.value, 14)).toBe(0)
    ops.finish(mem.value)
    ops.putUserptr(mem.value)
    expect(live()).toEqual(NOTHING)
  },

  'answers ENOMEM and keeps nothing when the DMA API fails it, and does not care when no device is involved': (
    subject,
  ) => {
    // Whichever of the two it asks first.
    const { device, ops, caps, live } = open(subject, [
      { what: 'alloc', nth: 1 },
      { what: 'mapSg', nth: 1 },
    ])
    const first = ops.alloc(device, SIZE, DIR.FROM_DEVICE, OWNER)
    expect(first).toMatchObject(caps.dma ? { ok: false, errno: 'ENOMEM' } : { ok: true })
    if (first.ok) ops.put(first.value)
    expect(live()).toEqual(NOTHING)
    const mem = must(ops.alloc(device, SIZE, DIR.FROM_DEVICE, OWNER))
    ops.put(mem)
    expect(live()).toEqual(NOTHING)
  },
}

/** The picture of a device, or of the driver's CPU copy where no device is involved. */
const fill = (rig: Rig, mem: Vb2Mem, seed: number): void => {
  const { lab, device, ops, caps } = rig
  if (!caps.dma) {
    lab.userWrite(must(ops.mmap(mem, { pgoff: 0, len: SIZE })), { seed }, SIZE, OWNER)
    ops.put(mem)
    return
  }
  ops.prepare(mem)
  let offset = 0
  for (const { at, len } of segments(ops, mem)) {
    lab.bus(device).write({ at, len, owner: OWNER, offset }, { seed, offset })
    offset += len
  }
  ops.finish(mem)
}

/** Bytes that whoever reads the buffer finds other than `seed` says. */
const wrongBytes = ({ lab, device, ops, caps }: Rig, mem: Vb2Mem, seed: number): number => {
  if (!caps.dma) return lab.userCompare(behind(lab, ops.vaddr(mem)), SIZE, OWNER).wrong
  let offset = 0
  let wrong = 0
  for (const { at, len } of segments(ops, mem)) {
    wrong += lab.bus(device).read({ at, len, owner: OWNER }, { seed, offset }).wrong
    offset += len
  }
  expect(offset).toBeGreaterThanOrEqual(SIZE)
  return wrong
}

/** The memory that a driver finds at its kernel address. */
const behind = (lab: Lab, at: KernelVaddr | null): UserMapping => {
  if (at === null) throw new Error('the buffer has no kernel mapping')
  const pages = Array.from({ length: SIZE / PAGE_SIZE }, (_, i) => {
    const page = lab.mem.resolve((at + BigInt(i * PAGE_SIZE)) as KernelVaddr)
    if (page === undefined) throw new Error('a page of the buffer is not mapped')
    return page
  })
  const [first] = pages
  if (first === undefined) throw new Error('the buffer has no pages')
  return { phys: first.phys, len: SIZE, kind: first.kind, pages: pages.map(({ phys }) => pfnOf(phys)) }
}

/** What the CPU finds in fresh memory, page by page. */
const nonZeroBytes = (lab: Lab, device: Device, { phys, pages }: UserMapping): number => {
  const frames = pages ?? Array.from({ length: SIZE / PAGE_SIZE }, (_, i) => (pfnOf(phys) + i) as Pfn)
  const table = lab.sgTable(frames.map((pfn) => ({ page: { kind: 'page', pfn }, offset: 0, length: PAGE_SIZE })))
  const bytes = new Uint8Array(SIZE).fill(1)
  const copied = lab.host(device).sg.copyToBuffer(table, { nents: frames.length, skip: 0 }, bytes)
  lab.sgFree(table)
  return copied === SIZE ? bytes.filter((byte) => byte !== 0).length : SIZE
}

const segments = (ops: Vb2MemOps, mem: Vb2Mem): { at: DmaAddr; len: number }[] => {
  const cookie = ops.cookie(mem)
  if (cookie === null) throw new Error('the device has no address')
  if (typeof cookie === 'number') return [{ at: cookie, len: SIZE }]
  return Array.from({ length: cookie.nents }, (_, i) => {
    const { dmaAddress, dmaLength } = cookie.entry(i)
    return { at: dmaAddress, len: dmaLength }
  })
}

const must = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}
