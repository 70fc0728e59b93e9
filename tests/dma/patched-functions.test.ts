// Which op tables of arch/arm a patch reaches: those that call the function it names, and no other.
import { type DeviceFacts, DIR, type DmaOps, type Patch } from '@dmalab/api'
import { showKernel } from '@dmalab/runner'
import { describe, expect, it } from 'vitest'
import { must, openArmLab, page, parts, POOL, RAM } from './arm-lab.ts'

const patchOf = (functions: NonNullable<Patch['functions']>): Patch => ({
  name: 'mine',
  title: 'a patch',
  source: 'a test',
  hunks: [],
  appliesTo: ['arm@4.11'],
  functions,
})

const IOMMU = { name: 'iommu', model: 'samsung-sysmmu', enabled: true } as const
/** Facts of an exporter with the pool that make the kernel give it each table. */
const TABLES: readonly (readonly [table: string, facts: Partial<DeviceFacts>])[] = [
  ['arm', {}],
  ['arm-coherent', { coherent: true }],
  ['dmabounce', { maskBits: 31 }],
  ['arm-iommu', { iommu: 'iommu' }],
]

const labWith = (facts: Partial<DeviceFacts>, more: Parameters<typeof openArmLab>[0]) => {
  const exporter: DeviceFacts = {
    name: 'exporter',
    class: 'codec',
    coherent: false,
    maskBits: 32,
    pools: ['pool'],
    ...facts,
  }
  const plain: DeviceFacts = { name: 'importer', class: 'other', coherent: false, maskBits: 32, pools: [] }
  const machine = { devices: [exporter, plain], ...more?.machine }
  return openArmLab({ config: { DMABOUNCE: true }, iommus: [IOMMU], ...more, machine })
}

const getSgtable = (lab: ReturnType<typeof openArmLab>, attrs: number) => {
  const exporter = lab.device('exporter')
  const { cpuAddr, handle } = must(lab.dma.allocAttrs(exporter, 8192, 0, 'frame'))
  const sgt = lab.dma.getSgtableAttrs(exporter, cpuAddr, handle, 8192, attrs)
  if (!sgt.ok) return sgt.errno
  const entry = sgt.value.entry(0)
  return { page: entry.page, attrs: entry.attrs, dmaAddress: entry.dmaAddress }
}

describe.each(TABLES)('get_sgtable of memory without struct page, op table %s', (table, facts) => {
  const direct = table !== 'arm-iommu'
  const open = (kernel: string) => {
    const lab = labWith(facts, { kernel })
    expect(lab.device('exporter').opsName).toBe(table)
    return lab
  }

  it('stock: a page that does not exist, or no page array', () => {
    expect(getSgtable(open('arm@4.11'), 0)).toEqual(direct ? { page: page(POOL), attrs: 0, dmaAddress: 0 } : 'ENXIO')
  })

  it('+pfn-valid: -ENXIO', () => {
    expect(getSgtable(open('arm@4.11+pfn-valid'), 0)).toBe('ENXIO')
  })

  it('+nopage-rfc: the handle is carried, except behind an IOMMU', () => {
    const carried = { page: { kind: 'vaddr', at: expect.any(BigInt) }, attrs: 1024, dmaAddress: POOL }
    expect(getSgtable(open('arm@4.11+nopage-rfc'), 1024)).toEqual(direct ? carried : 'ENXIO')
  })
})

describe('a function that one table calls in another', () => {
  it('is patched there too: dmabounce hands what needs no copy to arm_dma_sync_single_for_device', () => {
    const seen: string[] = []
    const watch =
      (next: DmaOps['syncSingleForDevice'], host: { device: { name: string } }): DmaOps['syncSingleForDevice'] =>
      (...args) => {
        seen.push(host.device.name)
        next(...args)
      }
    const lab = labWith({ maskBits: 31 }, { patches: [patchOf({ arm_dma_sync_single_for_device: watch })] })
    must(lab.dma.mapPageAttrs(lab.device('exporter'), page(RAM), 0, 4096, DIR.TO_DEVICE, 0))
    expect(seen).toEqual(['exporter'])
    // Its own sync operation is another function.
    must(lab.dma.mapPageAttrs(lab.device('importer'), page(RAM), 0, 4096, DIR.TO_DEVICE, 0))
    expect(seen).toEqual(['exporter'])
  })

  it('map_page of each table is a function of its own, and arm_dma_map_sg calls that of its table', () => {
    const refuse = (): DmaOps['mapPage'] => () => ({ ok: false, errno: 'EIO', why: 'patched' })
    const lab = labWith({ coherent: true }, { patches: [patchOf({ arm_coherent_dma_map_page: refuse })] })
    const mapped = (device: string) => {
      const table = lab.sgTable([{ page: page(RAM), offset: 0, length: 4096 }])
      return lab.dma.mapSgAttrs(lab.device(device), table, DIR.TO_DEVICE, 0)
    }
    expect(mapped('exporter')).toMatchObject({ ok: false, errno: 'EIO' })
    expect(mapped('importer')).toMatchObject({ ok: true })
  })
})

describe('what a patch says of itself', () => {
  it('kernel show lists its functions with the tables that call them, and the capabilities that follow', () => {
    const { patches, ops } = showKernel(parts.registry, 'arm@4.11+nopage-rfc')
    expect(patches[0]?.functions).toEqual([
      { symbol: 'arm_dma_get_sgtable', tables: ['arm', 'arm-coherent', 'dmabounce'] },
    ])
    expect(Object.fromEntries(ops.map(({ name, caps }) => [name, caps.pageless]))).toEqual({
      arm: 'carried',
      'arm-coherent': 'carried',
      dmabounce: 'carried',
      'arm-iommu': 'refused',
      'arm-coherent-iommu': 'refused',
    })
  })

  it('a function that no op table calls is refused, with those that there are', () => {
    const unknown = patchOf({ arm_dma_get_sgt: (next: DmaOps['getSgtable']) => next })
    expect(() => openArmLab({ patches: [unknown] })).toThrow(
      "patch 'mine' changes arm_dma_get_sgt(), which no op table of arm@4.11 calls",
    )
  })
})

describe('mmap of pool memory', () => {
  it('goes to the pool first, wherever the bus offset of the device points', () => {
    const dmaRanges = [{ cpu: 0, bus: 0x3000_0000, len: 0x8000_0000 }]
    const lab = labWith({ dmaRanges }, {})
    const exporter = lab.device('exporter')
    const { cpuAddr, handle } = must(lab.dma.allocAttrs(exporter, 8192, 0, 'frame'))
    expect(must(lab.dma.mmapAttrs(exporter, cpuAddr, handle, 8192, 0))).toMatchObject({ phys: POOL, len: 8192 })
    expect(lab.dma.mmapAttrs(exporter, cpuAddr, handle, 8192, 0, 12288)).toMatchObject({ ok: false, errno: 'ENXIO' })
  })

  it('keeps the attributes of the mapping', () => {
    const kinds = (coherent: boolean, attrs: number) => {
      const lab = labWith({ coherent }, {})
      const exporter = lab.device('exporter')
      const { cpuAddr, handle } = must(lab.dma.allocAttrs(exporter, 4096, attrs, 'frame'))
      return must(lab.dma.mmapAttrs(exporter, cpuAddr, handle, 4096, attrs)).kind
    }
    expect([kinds(false, 0), kinds(false, 4), kinds(true, 0)]).toEqual(['uncached', 'writecombine', 'cached'])
  })
})

describe('the data of the RFC reaches dmabounce', () => {
  it('a tagged entry is neither mapped nor cleaned by arm_dma_map_sg, nor unmapped', () => {
    const lab = labWith({ maskBits: 31 }, { kernel: 'arm@4.11+nopage-rfc' })
    const { cpuAddr, handle } = must(lab.dma.allocAttrs(lab.device('exporter'), 8192, 0, 'frame'))
    const entry = { page: { kind: 'vaddr', at: cpuAddr }, offset: 0, length: 8192, dmaAddress: handle } as const
    const tagged = lab.sgTable([{ ...entry, attrs: 1024 }])
    must(lab.dma.mapSgAttrs(lab.device('exporter'), tagged, DIR.FROM_DEVICE, 0))
    lab.dma.unmapSgAttrs(lab.device('exporter'), tagged, DIR.FROM_DEVICE, 0)
    expect(tagged.entry(0).dmaAddress).toBe(POOL)
    // Without the tag the address of the memory is taken for one of a struct page.
    const untagged = lab.sgTable([entry])
    must(lab.dma.mapSgAttrs(lab.device('exporter'), untagged, DIR.FROM_DEVICE, 0))
    expect(untagged.entry(0).dmaAddress).not.toBe(POOL)
  })
})
