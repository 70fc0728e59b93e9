// What kernels of 6.12 did with memory without struct page: as recorded on emulated boots
// (a non-coherent cache has no part in what is tested here).
import { ATTR, type Device, DIR, type DmaAddr, type Lab, type Oops, pfn, type SgTable } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openVirtLab, POOLS, twoPages, write } from './virt-lab.ts'

const SIZE = 65536

/** alloc and dma_get_sgtable as an exporter does. */
const exported = (lab: Lab, exporter: Device): { handle: DmaAddr; table: SgTable } => {
  const got = lab.dma.allocAttrs(exporter, SIZE, 0, 'frame')
  if (!got.ok) throw new Error(got.why)
  const table = lab.dma.getSgtableAttrs(exporter, got.value.cpuAddr, got.value.handle, SIZE, 0)
  if (!table.ok) throw new Error(table.why)
  return { handle: got.value.handle, table: table.value }
}

/** The importer's own list over the exporter's page, mapped. */
const imported = (lab: Lab, from: string, to: string, attrs: number): { importer: Device; table: SgTable } => {
  const { page, length, offset } = exported(lab, lab.device(from)).table.entry(0)
  const importer = lab.device(to)
  const table = lab.sgTable([{ page, length, offset }])
  const mapped = lab.dma.mapSgAttrs(importer, table, DIR.FROM_DEVICE, attrs)
  if (!mapped.ok) throw new Error(mapped.why)
  return { importer, table }
}

const oopsOf = (body: () => unknown): Oops => {
  try {
    body()
  } catch (e) {
    if (e instanceof Error && 'oops' in e) return e.oops as Oops
    throw e
  }
  throw new Error('the kernel survived')
}

const KERNELS = ['arm@6.12', 'arm64@6.12'] as const

describe.each(KERNELS)('%s: memory of a no-map pool', (kernel) => {
  const word = kernel === 'arm@6.12' ? 0xa5a5_a5a5 : undefined

  it('gets a list with a page computed from the handle, whether or not there is one', () => {
    const lab = openVirtLab(kernel, word)
    for (const [name, base, valid] of [
      ['poolA', POOLS.a, true],
      ['poolB', POOLS.b, false],
    ] as const) {
      const { table } = exported(lab, lab.device(name))
      expect(table.entry(0)).toMatchObject({ page: { kind: 'page', pfn: base / 4096 }, length: SIZE })
      expect(lab.mem.pfnValid(pfn(base / 4096))).toBe(valid)
    }
  })

  it('can be imported without cache maintenance, which is what videobuf2 does', () => {
    const lab = openVirtLab(kernel, word)
    for (const from of ['poolA', 'poolB']) {
      const { table } = imported(lab, from, 'plain', ATTR.SKIP_CPU_SYNC)
      expect(table.entry(0).dmaAddress).toBe(from === 'poolA' ? POOLS.a : POOLS.b)
    }
  })
})

describe('arm@6.12: an importer that syncs', () => {
  it('of a pool without struct pages faults at the address that lies where compound_head should be', () => {
    const lab = openVirtLab('arm@6.12', 0xa5a5_a5a5)
    const { importer, table } = imported(lab, 'poolB', 'plain', ATTR.SKIP_CPU_SYNC)
    const oops = oopsOf(() => lab.dma.syncSgForCpu(importer, table, DIR.FROM_DEVICE))
    expect(oops).toMatchObject({
      address: '0xa5a5a5a4',
      function: 'arch_sync_dma_for_cpu',
      callPath: ['arch_sync_dma_for_cpu', 'dma_direct_sync_sg_for_cpu', '__dma_sync_sg_for_cpu'],
    })
    expect(oops.text[0]).toBe('Unable to handle kernel paging request at virtual address a5a5a5a4 when read')
  })

  it('hangs when other bytes lie there, such that the folio they describe has size 0', () => {
    const lab = openVirtLab('arm@6.12', 0x5454_5454)
    const { importer, table } = imported(lab, 'poolB', 'plain', ATTR.SKIP_CPU_SYNC)
    expect(oopsOf(() => lab.dma.syncSgForCpu(importer, table, DIR.FROM_DEVICE)).reason).toBe('stall')
  })

  it('survives when the device is coherent', () => {
    const lab = openVirtLab('arm@6.12', 0xa5a5_a5a5)
    const { importer, table } = imported(lab, 'poolB', 'coherent', ATTR.SKIP_CPU_SYNC)
    expect(() => lab.dma.syncSgForCpu(importer, table, DIR.FROM_DEVICE)).not.toThrow()
  })
})

describe('arm64@6.12: a bouncing importer', () => {
  it.each(['poolA', 'poolB'])('of %s faults while copying in, though cache maintenance was not wanted', (from) => {
    const lab = openVirtLab('arm64@6.12')
    const oops = oopsOf(() => imported(lab, from, 'bouncing', ATTR.SKIP_CPU_SYNC))
    expect(oops.callPath).toEqual([
      '__memcpy',
      'swiotlb_tbl_map_single',
      'swiotlb_map',
      'dma_direct_map_sg',
      '__dma_map_sg_attrs',
    ])
  })

  const importedFrame = (lab: Lab, name: string) => {
    const memory = twoPages(lab)
    write(lab, memory, 1)
    const importer = lab.device(name)
    const table = lab.sgTable([{ page: { kind: 'page', pfn: memory }, length: 4096, offset: 0 }])
    expect(lab.dma.mapSgAttrs(importer, table, DIR.TO_DEVICE, ATTR.SKIP_CPU_SYNC).ok).toBe(true)
    const read = (seed: number) => lab.bus(importer).read({ at: table.entry(0).dmaAddress, len: 4096 }, { seed }).wrong
    return { memory, read }
  }

  it('of ordinary memory sees the first frame for ever: the copy is made once, when mapping', () => {
    const lab = openVirtLab('arm64@6.12')
    const { memory, read } = importedFrame(lab, 'bouncingCoherent')
    write(lab, memory, 2)
    expect(read(1)).toBe(0)
  })

  it('that does not snoop may not even see that: SKIP_CPU_SYNC leaves the copy in the cache (source only; no emulator shows it)', () => {
    expect(importedFrame(openVirtLab('arm64@6.12'), 'bouncing').read(1)).toBeGreaterThan(4000)
  })
})
