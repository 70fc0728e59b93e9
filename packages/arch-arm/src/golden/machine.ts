// The machine that an ARM vector describes: where memory starts, ends and turns into highmem, and how the device sees it.
import { type DeviceFacts, type KernelLayout, type Machine, PAGE_SIZE, type Range } from '@dmalab/api'

export interface ArmMachineFacts {
  /** Physical start of low memory, bytes. */
  readonly physOffset: number
  /** First highmem pfn, and first pfn without a struct page. */
  readonly highmemPfn: number
  readonly endPfn: number
  /** dma_pfn_offset, pages. */
  readonly dmaPfnOffset: number
  readonly coherent: boolean
  readonly aliasing?: boolean
  /** The vmalloc window starts where the linear map ends. */
  readonly vmallocBehindLowmem?: boolean
  /** A pool of the device, mapped at this kernel address. */
  readonly pool?: Range & { readonly virt: number }
}

/** Name of the one device. */
export const DEVICE = 'master'

const FOUR_GIB = 2 ** 32

export const armMachine = (facts: ArmMachineFacts): Machine => {
  const { pool } = facts
  const shift = facts.dmaPfnOffset * PAGE_SIZE
  const device: DeviceFacts = {
    name: DEVICE,
    class: 'other',
    coherent: facts.coherent,
    maskBits: 32,
    pools: pool === undefined ? [] : ['pool'],
    ...(shift === 0 ? {} : { dmaRanges: [{ cpu: shift, bus: 0, len: FOUR_GIB - shift }] }),
  }
  return {
    name: 'vector',
    title: 'the machine of a vector',
    arch: 'arm',
    cpu: { lineSize: 64, aliasing: facts.aliasing ?? false, outer: { model: 'pl310', lineSize: 32 } },
    memory: [{ base: facts.physOffset, len: facts.endPfn * PAGE_SIZE - facts.physOffset }],
    reserved:
      pool === undefined
        ? []
        : [
            {
              name: 'pool',
              base: pool.base,
              len: pool.len,
              compatible: 'shared-dma-pool',
              noMap: true,
              reusable: false,
            },
          ],
    layout: {
      lowmemEnd: facts.highmemPfn * PAGE_SIZE,
      ...windowOf(facts),
    },
    iommus: [],
    devices: [device],
    bindings: {},
  }
}

const PAGE_OFFSET = 0xc000_0000n

const windowOf = ({ pool, physOffset, highmemPfn, vmallocBehindLowmem }: ArmMachineFacts): Partial<KernelLayout> => {
  if (pool !== undefined)
    return { vmalloc: { start: BigInt(pool.virt), end: BigInt(pool.virt) + BigInt(pool.len) + BigInt(2 * PAGE_SIZE) } }
  if (vmallocBehindLowmem !== true) return {}
  const start = PAGE_OFFSET + BigInt(highmemPfn * PAGE_SIZE - physOffset)
  return { vmalloc: { start, end: start + 0x100_0000n } }
}
