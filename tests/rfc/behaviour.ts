// What the RFC does, hunk by hunk: questions to a kernel with a patch, and the answers that the diff gives.
import {
  ATTR,
  type Device,
  type DeviceFacts,
  DIR,
  dma,
  type DmaOps,
  type Injection,
  type Lab,
  type Patch,
  type SgTable,
  vaddr,
} from '@dmalab/api'
import { must, openArmLab, page, POOL, RAM } from '../dma/arm-lab.ts'
import { NOPAGE } from './variants.ts'

export interface Question {
  readonly asks: string
  readonly answer: (patch: Patch) => unknown
  readonly stated: unknown
}

const SIZE = 5000
const WHOLE = 8192
const LENGTH = { NEED_SG_DMA_LENGTH: true }
/** Facts of an exporter that make the kernel give it each table that calls arm_dma_get_sgtable. */
const EXPORTERS: Readonly<Record<string, Partial<DeviceFacts>>> = {
  arm: {},
  'arm-coherent': { coherent: true },
  dmabounce: { maskBits: 31 },
}

interface Setup {
  readonly exporter?: Partial<DeviceFacts>
  readonly config?: Readonly<Record<string, boolean>>
  readonly inject?: readonly Injection[]
  /** On top of the patch in question. */
  readonly watch?: Patch
}

const open = (patch: Patch, { exporter = {}, config = {}, inject = [], watch }: Setup = {}): Lab => {
  const facts = { class: 'codec', coherent: false, maskBits: 32, pools: [] } as const
  return openArmLab({
    patches: [patch, ...(watch === undefined ? [] : [watch])],
    config: { DMABOUNCE: true, ...config },
    inject,
    machine: {
      devices: [
        { ...facts, name: 'exporter', pools: ['pool'], ...exporter },
        { ...facts, name: 'importer' },
      ],
    },
  })
}

/** Answer, or `fault` where the question ends in one. */
const orFault = (body: () => unknown): unknown => {
  try {
    return body()
  } catch (e) {
    if (e instanceof Error && e.name === 'SimulatedOops') return 'fault'
    throw e
  }
}

const entryOf = (table: SgTable, i = 0) => {
  const { page: what, length, attrs, dmaAddress } = table.entry(i)
  return [what.kind, length, attrs, dmaAddress]
}

const getSgtable = (lab: Lab, attrs: number): unknown => {
  const exporter = lab.device('exporter')
  const { cpuAddr, handle } = must(lab.dma.allocAttrs(exporter, WHOLE, 0, 'frame'))
  const sgt = lab.dma.getSgtableAttrs(exporter, cpuAddr, handle, SIZE, attrs)
  return sgt.ok ? entryOf(sgt.value) : sgt.errno
}

/** Of memory that has struct pages, by an address that an allocation would have. */
const getSgtableOfPages = (lab: Lab, attrs: number): unknown => {
  const sgt = lab.dma.getSgtableAttrs(lab.device('exporter'), vaddr(0xc000_0000n), dma(RAM), SIZE, attrs)
  return sgt.ok ? entryOf(sgt.value) : sgt.errno
}

const tagged = (lab: Lab) => {
  const memory = must(lab.dma.allocAttrs(lab.device('exporter'), WHOLE, 0, 'frame'))
  return {
    page: { kind: 'vaddr', at: memory.cpuAddr },
    offset: 0,
    length: WHOLE,
    attrs: NOPAGE,
    dmaAddress: memory.handle,
  } as const
}
const plain = (at: number) => ({ page: page(at), offset: 0, length: 4096 }) as const

/** Attributes that the table's unmap_page is called with. */
const watched = (seen: number[]): Patch => ({
  name: 'watch',
  title: 'watches unmap_page',
  source: 'a test',
  hunks: [],
  functions: {
    arm_dma_unmap_page:
      (next: DmaOps['unmapPage']): DmaOps['unmapPage'] =>
      (handle, size, dir, attrs) => {
        seen.push(attrs)
        next(handle, size, dir, attrs)
      },
  },
})

const checkDevCoherent = (
  patch: Patch,
  lpae: boolean,
  pool: { pages: number; deviceBase: number; virtBase: bigint },
) => {
  const lab = open(patch, { config: { ARM_LPAE: lpae } })
  const check = lab.host(lab.device('exporter')).exports['dma_check_dev_coherent'] as unknown as (
    dev: unknown,
    handle: number,
    cpuAddr: bigint,
  ) => boolean
  return (handle: number, cpuAddr: bigint): boolean => check({ ...lab.device('exporter'), pool }, handle, cpuAddr)
}

const vb2Alloc = (lab: Lab, device: Device, dmaAttrs: number) =>
  must(lab.allocator('vb2-dma-contig').alloc(device, WHOLE, DIR.FROM_DEVICE, 'frame', { dmaAttrs }))

/** The importer's list as attach made it, of a buffer whose own table has a bus address. */
const attached = (lab: Lab, exporter: string, mapped: boolean): unknown => {
  const device = lab.device(exporter)
  const mem = vb2Alloc(lab, device, ATTR.WRITE_COMBINE)
  const dmabuf = must(lab.allocator('vb2-dma-contig').getDmabuf(mem))
  const { sgtBase } = mem.priv as { readonly sgtBase: SgTable }
  if (mapped) must(lab.dma.mapSgAttrs(device, sgtBase, DIR.FROM_DEVICE, 0))
  const attachment = must(lab.dmaBuf.attach(dmabuf, lab.device('importer')))
  return entryOf((attachment.priv as { readonly sgt: SgTable }).sgt)
}

/** Import by vb2 under a configuration: bus address and length that the importer's device is given. */
const imported = (lab: Lab): unknown => {
  const vb2 = lab.allocator('vb2-dma-contig')
  const dmabuf = must(vb2.getDmabuf(vb2Alloc(lab, lab.device('exporter'), 0)))
  const mem = must(vb2.attachDmabuf(lab.device('importer'), dmabuf, WHOLE, DIR.TO_DEVICE))
  const mapped = vb2.mapDmabuf(mem)
  return mapped.ok ? [mem.dmaAddr, mem.table?.entry(0).dmaLength] : mapped.errno
}

const hunk1: readonly Question[] = [
  ...Object.entries(EXPORTERS).flatMap(([table, exporter]): Question[] => [
    {
      asks: `${table}: memory without struct page and without the tag`,
      answer: (patch) => getSgtable(open(patch, { exporter }), ATTR.WRITE_COMBINE),
      stated: 'ENXIO',
    },
    {
      asks: `${table}: tagged memory without struct page`,
      answer: (patch) => getSgtable(open(patch, { exporter }), NOPAGE + ATTR.WRITE_COMBINE),
      stated: ['vaddr', WHOLE, NOPAGE + ATTR.WRITE_COMBINE, POOL],
    },
  ]),
  {
    asks: 'refusal comes before the table',
    answer: (patch) => getSgtable(open(patch, { inject: [{ what: 'sgAlloc', nth: 1, device: 'exporter' }] }), 0),
    stated: 'ENXIO',
  },
  {
    asks: 'tagged memory with struct pages',
    answer: (patch) => getSgtableOfPages(open(patch), NOPAGE),
    stated: ['page', WHOLE, NOPAGE, RAM],
  },
  {
    asks: 'untagged memory with struct pages',
    answer: (patch) => getSgtableOfPages(open(patch), ATTR.WRITE_COMBINE),
    stated: ['page', WHOLE, ATTR.WRITE_COMBINE, 0],
  },
  {
    asks: "dma_length in the exporter's table",
    answer: (patch) => {
      const lab = open(patch, { config: LENGTH })
      const { cpuAddr, handle } = must(lab.dma.allocAttrs(lab.device('exporter'), WHOLE, 0, 'frame'))
      return must(lab.dma.getSgtableAttrs(lab.device('exporter'), cpuAddr, handle, SIZE, NOPAGE)).entry(0).dmaLength
    },
    stated: 0,
  },
]

const hunks2and3: readonly Question[] = [
  ...Object.entries(EXPORTERS).map(([table, exporter]): Question => ({
    asks: `${table}: a tagged entry in map and unmap`,
    answer: (patch) => {
      const lab = open(patch, { exporter })
      const list = lab.sgTable([tagged(lab), plain(RAM)])
      return orFault(() => {
        must(lab.dma.mapSgAttrs(lab.device('exporter'), list, DIR.FROM_DEVICE, 0))
        lab.dma.unmapSgAttrs(lab.device('exporter'), list, DIR.FROM_DEVICE, 0)
        return [list.entry(0).dmaAddress, list.entry(1).dmaAddress]
      })
    },
    stated: [POOL, RAM],
  })),
  {
    asks: 'dma_length of a tagged entry, mapped',
    answer: (patch) => {
      const lab = open(patch, { config: LENGTH })
      const list = lab.sgTable([{ ...tagged(lab), dmaLength: 0 }, plain(RAM)])
      must(lab.dma.mapSgAttrs(lab.device('importer'), list, DIR.TO_DEVICE, 0))
      return list.entries().map(({ dmaLength }) => dmaLength)
    },
    stated: [WHOLE, 4096],
  },
  {
    asks: 'the import with dma_length',
    answer: (patch) => imported(open(patch, { config: LENGTH })),
    stated: [POOL, WHOLE],
  },
  { asks: 'the import without', answer: (patch) => imported(open(patch)), stated: [POOL, WHOLE] },
  {
    asks: 'attributes of the unwind',
    answer: (patch) => {
      const seen: number[] = []
      const lab = open(patch, { inject: [{ what: 'mapPage', nth: 3, device: 'importer' }], watch: watched(seen) })
      const list = lab.sgTable([plain(RAM), plain(RAM + 4096), plain(RAM + 8192)])
      const mapped = lab.dma.mapSgAttrs(lab.device('importer'), list, DIR.FROM_DEVICE, ATTR.SKIP_CPU_SYNC)
      return [mapped.ok, seen]
    },
    stated: [false, [ATTR.SKIP_CPU_SYNC, ATTR.SKIP_CPU_SYNC]],
  },
  {
    asks: 'the unwind of a tagged entry',
    answer: (patch) => {
      const lab = open(patch, { inject: [{ what: 'mapPage', nth: 1, device: 'importer' }] })
      const list = lab.sgTable([tagged(lab), plain(RAM)])
      return orFault(() => lab.dma.mapSgAttrs(lab.device('importer'), list, DIR.FROM_DEVICE, 0).ok)
    },
    stated: 'fault',
  },
  {
    asks: 'sync of a tagged entry',
    answer: (patch) => {
      const lab = open(patch)
      const list = lab.sgTable([tagged(lab)])
      must(lab.dma.mapSgAttrs(lab.device('importer'), list, DIR.FROM_DEVICE, 0))
      return orFault(() => lab.dma.syncSgForCpu(lab.device('importer'), list, DIR.FROM_DEVICE))
    },
    stated: 'fault',
  },
]

const GIB2 = 2 ** 19
const TOP = 0xffff_f000
const hunk4: readonly Question[] = [
  {
    asks: 'the borders of the pool',
    answer: (patch) => {
      const check = checkDevCoherent(patch, false, { pages: 2, deviceBase: POOL, virtBase: 0xf000_0000n })
      const far = 0x1000_0000
      return [
        check(POOL, 0xf000_0000n),
        check(POOL + 8191, 0xf000_1fffn),
        check(POOL - 1, 0xf000_0000n),
        check(POOL + 8192, 0xf000_0000n),
        check(POOL, 0xefff_ffffn),
        check(POOL, 0xf000_2000n),
        check(far, 0xf000_0000n),
      ]
    },
    stated: [true, true, false, false, false, false, false],
  },
  {
    asks: 'a pool of 2 GiB, and one of a page less, with LPAE',
    answer: (patch) =>
      [GIB2, GIB2 - 1].map((pages) =>
        checkDevCoherent(patch, true, { pages, deviceBase: 0x8000_0000, virtBase: 0x2000_0000n })(
          0x8000_0000,
          0x2000_0000n,
        ),
      ),
    stated: [false, true],
  },
  {
    asks: 'a pool that ends at 4 GiB of the bus, without LPAE and with',
    answer: (patch) =>
      [false, true].map((lpae) =>
        checkDevCoherent(patch, lpae, { pages: 1, deviceBase: TOP, virtBase: 0xf000_0000n })(TOP, 0xf000_0000n),
      ),
    stated: [false, true],
  },
  {
    asks: 'a pool above 4 GiB of the bus, with LPAE',
    answer: (patch) =>
      checkDevCoherent(patch, true, { pages: 1, deviceBase: 2 ** 33, virtBase: 0xf000_0000n })(2 ** 33, 0xf000_0000n),
    stated: true,
  },
  {
    asks: 'a pool that ends at the end of the kernel address space, with LPAE',
    answer: (patch) =>
      checkDevCoherent(patch, true, { pages: 1, deviceBase: POOL, virtBase: BigInt(TOP) })(POOL, BigInt(TOP)),
    stated: false,
  },
]

const hunk5: readonly Question[] = [
  {
    asks: 'attributes of a buffer from the pool, beside those of its queue',
    answer: (patch) => {
      const lab = open(patch)
      return vb2Alloc(lab, lab.device('exporter'), ATTR.WRITE_COMBINE).attrs
    },
    stated: NOPAGE + ATTR.WRITE_COMBINE,
  },
  {
    asks: 'how user space maps it',
    answer: (patch) => {
      const lab = open(patch)
      const mem = vb2Alloc(lab, lab.device('exporter'), ATTR.WRITE_COMBINE)
      return must(lab.allocator('vb2-dma-contig').mmap(mem, { pgoff: 0, len: mem.size })).kind
    },
    stated: 'writecombine',
  },
  {
    asks: 'attributes of a buffer from general memory',
    answer: (patch) => {
      const lab = open(patch)
      return vb2Alloc(lab, lab.device('importer'), ATTR.WRITE_COMBINE).attrs
    },
    stated: ATTR.WRITE_COMBINE,
  },
]

const hunk6: readonly Question[] = [
  {
    asks: 'the list of an importer of tagged memory',
    answer: (patch) => attached(open(patch), 'exporter', false),
    stated: ['vaddr', WHOLE, NOPAGE + ATTR.WRITE_COMBINE, POOL],
  },
  {
    asks: 'the list of an importer of memory with pages, which its exporter has mapped',
    answer: (patch) => attached(open(patch), 'importer', true),
    stated: ['page', WHOLE, ATTR.WRITE_COMBINE, 0],
  },
]

const headers: readonly Question[] = [
  {
    asks: 'bytes of struct scatterlist: 32-bit, with dma_length, with LPAE',
    answer: (patch) => [{}, LENGTH, { ARM_LPAE: true }].map((config) => open(patch, { config }).facts.sgEntrySize),
    stated: [20, 24, 32],
  },
  { asks: 'the bit', answer: (patch) => open(patch).facts.attrs['DEV_COHERENT_NOPAGE'], stated: NOPAGE },
]

export const BEHAVIOUR: readonly Question[] = [...hunk1, ...hunks2and3, ...hunk4, ...hunk5, ...hunk6, ...headers]
