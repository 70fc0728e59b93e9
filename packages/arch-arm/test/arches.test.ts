// What 32-bit ARM says when it stops, where it keeps things, and what its op tables are called in a backtrace.
import { pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import plugin from '../src/index.ts'

const { arches = [], ops = [] } = plugin(pluginApi)
const arch = (name: string) => {
  const one = arches.find((candidate) => candidate.name === name)
  if (one === undefined) throw new Error(`there is no ${name}`)
  return one
}
const MISSING = { nullPointer: false, address: 'c1000000', write: false }
const NULL = { nullPointer: true, address: '00000004', write: true }
const PATH = ['v7_dma_inv_range', 'dma_cache_maint_page', 'vb2_ioctl_qbuf']

describe.each([
  [
    'arm-v4.11',
    '',
    '',
    'Backtrace:',
    ['(v7_dma_inv_range) from (dma_cache_maint_page)', '(dma_cache_maint_page) from (vb2_ioctl_qbuf)'],
  ],
  [
    'arm-v6.1',
    '',
    '',
    'Backtrace:',
    [' v7_dma_inv_range from dma_cache_maint_page', ' dma_cache_maint_page from vb2_ioctl_qbuf'],
  ],
  [
    'arm',
    ' when read',
    ' when write',
    'Call trace:',
    [' v7_dma_inv_range from dma_cache_maint_page', ' dma_cache_maint_page from vb2_ioctl_qbuf'],
  ],
])('%s', (name, read, write, head, frames) => {
  const { oops, ...rest } = arch(name)
  const details = (address: string) => [`[${address}] *pgd=00000000`, 'Internal error: Oops: 5 [#1] SMP ARM']

  it('says what it could not reach', () => {
    expect(oops.pageFault(MISSING)).toEqual([
      `Unable to handle kernel paging request at virtual address c1000000${read}`,
      ...details('c1000000'),
    ])
    expect(oops.pageFault(NULL)).toEqual([
      `Unable to handle kernel NULL pointer dereference at virtual address 00000004${write}`,
      ...details('00000004'),
    ])
    expect(oops.externalAbort('f0800000')).toEqual([
      'Unhandled fault: external abort on non-linefetch at 0xf0800000',
      ...details('f0800000'),
    ])
    expect(oops.memcpy).toBe('memcpy')
  })

  it('shows the way there, innermost first', () => {
    expect(oops.backtrace(PATH)).toEqual([`PC is at ${PATH[0]}`, `LR is at ${PATH[1]}`, head, ...frames])
    expect(oops.backtrace(PATH.slice(0, 1))).toEqual([`PC is at ${PATH[0]}`, head])
    expect(oops.backtrace([])).toEqual(['PC is at unknown', head])
  })

  // Documentation/arch/arm/memory.rst, a 3:1 split; 32 bytes a struct page.
  it('lies where 32-bit ARM does', () => {
    expect(rest).toMatchObject({
      board: 'arm',
      pointerBits: 32,
      highmem: true,
      dmaMinAlign: 64,
      allocatesCoherent: true,
      poolsNeedNoMap: true,
      pfnValid: name === 'arm-v4.11' ? 'memblock' : 'pageblock',
      layout: {
        pageOffset: 0xc000_0000n,
        vmalloc: { start: 0xf080_0000n, end: 0xff80_0000n },
        pageArray: 0xeeff_8000n,
        entrySize: 32,
        image: { base: 0, len: 32 * 2 ** 20 },
        lowKept: 0,
      },
    })
  })

  // By direction: both, to the device, from it, none. Models: Linux v4.11 arch/arm/mm/cache-v7.S: v7_dma_map_area, v7_dma_unmap_area
  it('does to lines what cache-v7.S does', () => {
    expect(rest.cache).toEqual({
      forDevice: ['clean', 'clean', 'invalidate', 'clean'],
      forCpu: ['invalidate', 'none', 'invalidate', 'invalidate'],
      symbols: { clean: ['v7_dma_clean_range'], invalidate: ['v7_dma_inv_range'], flush: ['v7_dma_flush_range'] },
      invalidatesTwice: name === 'arm-v4.11',
      marksClean: name === 'arm-v4.11' ? 'pages' : 'folios',
    })
  })

  it('is entered by the ioctl of its release', () => {
    const path =
      name === 'arm-v4.11' ? ['ret_fast_syscall', 'SyS_ioctl', 'do_vfs_ioctl'] : ['ret_fast_syscall', 'sys_ioctl']
    expect(rest.syscallPath).toEqual(path)
  })
})

describe('the functions of each op table', () => {
  const symbols = (name: string) => {
    const found = ops.find((one) => one.name === name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return Object.fromEntries(Object.entries(found.symbols).map(([op, names]) => [op, names.join(' ')]))
  }
  const ARM = {
    alloc: 'arm_dma_alloc',
    free: 'arm_dma_free',
    mmap: 'arm_dma_mmap',
    getSgtable: 'arm_dma_get_sgtable',
    mapPage: 'arm_dma_map_page',
    unmapPage: 'arm_dma_unmap_page',
    mapSg: 'arm_dma_map_sg',
    unmapSg: 'arm_dma_unmap_sg',
    syncSingleForCpu: 'arm_dma_sync_single_for_cpu',
    syncSingleForDevice: 'arm_dma_sync_single_for_device',
    syncSgForCpu: 'arm_dma_sync_sg_for_cpu',
    syncSgForDevice: 'arm_dma_sync_sg_for_device',
  }
  const IOMMU = {
    alloc: 'arm_iommu_alloc_attrs',
    free: 'arm_iommu_free_attrs',
    mmap: 'arm_iommu_mmap_attrs',
    getSgtable: 'arm_iommu_get_sgtable',
    mapPage: 'arm_iommu_map_page',
    unmapPage: 'arm_iommu_unmap_page',
    mapSg: 'arm_iommu_map_sg __iommu_map_sg __map_sg_chunk',
    unmapSg: 'arm_iommu_unmap_sg __iommu_unmap_sg',
    mapResource: 'arm_iommu_map_resource',
    unmapResource: 'arm_iommu_unmap_resource',
    syncSingleForCpu: 'arm_iommu_sync_single_for_cpu',
    syncSingleForDevice: 'arm_iommu_sync_single_for_device',
    syncSgForCpu: 'arm_iommu_sync_sg_for_cpu',
    syncSgForDevice: 'arm_iommu_sync_sg_for_device',
  }
  const {
    syncSingleForCpu: _c,
    syncSingleForDevice: _d,
    syncSgForCpu: _sc,
    syncSgForDevice: _sd,
    ...WITHOUT_SYNC
  } = IOMMU
  it.each([
    ['arm', ARM],
    [
      'arm-coherent',
      {
        ...ARM,
        alloc: 'arm_coherent_dma_alloc',
        free: 'arm_coherent_dma_free',
        mmap: 'arm_coherent_dma_mmap',
        mapPage: 'arm_coherent_dma_map_page',
      },
    ],
    [
      'dmabounce',
      {
        ...ARM,
        mapPage: 'dmabounce_map_page',
        unmapPage: 'dmabounce_unmap_page',
        syncSingleForCpu: 'dmabounce_sync_for_cpu',
        syncSingleForDevice: 'dmabounce_sync_for_device',
      },
    ],
    ['arm-iommu', IOMMU],
    ['arm-v6-iommu', { ...IOMMU, mapSg: 'arm_iommu_map_sg __map_sg_chunk', unmapSg: 'arm_iommu_unmap_sg' }],
    [
      'arm-coherent-iommu',
      {
        ...WITHOUT_SYNC,
        alloc: 'arm_coherent_iommu_alloc_attrs',
        free: 'arm_coherent_iommu_free_attrs',
        mmap: 'arm_coherent_iommu_mmap_attrs',
        mapPage: 'arm_coherent_iommu_map_page',
        unmapPage: 'arm_coherent_iommu_unmap_page',
        mapSg: 'arm_coherent_iommu_map_sg __iommu_map_sg __map_sg_chunk',
        unmapSg: 'arm_coherent_iommu_unmap_sg __iommu_unmap_sg',
      },
    ],
  ])('%s', (name, expected) => {
    expect(symbols(name)).toEqual(expected)
  })

  it.each([
    ['arm', 'fabricated', true, true, false, false, false],
    ['arm-coherent', 'fabricated', false, false, false, false, false],
    ['dmabounce', 'fabricated', true, true, false, true, false],
    ['arm-iommu', 'refused', true, true, true, false, true],
    ['arm-v6-iommu', 'refused', true, true, true, false, true],
    ['arm-coherent-iommu', 'refused', false, false, true, false, true],
  ])('what %s can', (name, pageless, maintainsCaches, syncTouchesPage, mergesSegments, bounces, translates) => {
    expect(ops.find((one) => one.name === name)?.caps).toEqual({
      pageless,
      maintainsCaches,
      syncTouchesPage,
      mergesSegments,
      bounces,
      translates,
    })
  })
})
