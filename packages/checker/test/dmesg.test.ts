// Kernel messages: the texts people post, and whole logs of real kernels where they are at hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ExplainedMessage } from '@dmalab/api'
import { createDmesgExplainer } from '../src/index.ts'

const explain = (text: string): readonly ExplainedMessage[] => {
  const explainer = createDmesgExplainer()
  for (const line of text.split('\n')) explainer.line(line)
  return explainer.finish()
}

describe('texts people post', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    [
      'F-01',
      'a b: swiotlb buffer is full (sz: 1048576 bytes), total 32768 (slots), used 4 (slots)',
      'longer than the 256 KiB',
    ],
    [
      'F-01',
      '[ 12.3] a b: swiotlb buffer is full (sz: 4096 bytes), total 512 (slots), used 511 (slots)',
      'mappings leak, or the load',
    ],
    ['F-01', 'swiotlb buffer is full (sz: 65536 bytes), total 32768 (slots), used 100 (slots)', 'fragmentation'],
    ['F-01', 'swiotlb buffer is full (sz: 4096 bytes)', 'no totals'],
    ['F-02', 'cma: __cma_alloc: reserved: alloc failed, req-size: 169 pages, ret: -12', 'no free run of 676 KiB'],
    ['F-02', 'cma: cma_alloc: alloc failed, req-size: 1 pages, ret: -16', 'pinned'],
    ['F-02', 'vivid vivid.0: dma alloc of size 16588800 failed', '16200 KiB'],
    [
      'F-05',
      'x y: DMA addr 0x00000001f0000000+4096 overflow (mask ffffffff, bus limit 0).',
      'above the mask 0xffffffff',
    ],
    [
      'F-06',
      'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x9d000000, fsynr=0x11, cbfrsynra=0x1, cb=2',
      'IOVA 0x9d000000',
    ],
    [
      'F-06',
      'DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0xffe00000 [fault reason 0x05] PTE Write access is not set',
      'device 03:00.0 tried a write',
    ],
    ['F-07', 'Unable to handle kernel paging request at virtual address a5a5a5a4 when read', '0xa5a5a5a4'],
    ['F-09', 'contiguous chunk is too small 1048576/1843200', 'the first 1 MiB of'],
    [
      'F-10',
      'videobuf2_common: [cap] __prepare_dmabuf: invalid dmabuf length 65536 for plane 0, minimum length 460800',
      'needs 460800 bytes',
    ],
    ['F-11', 'ERROR: 256 KiB atomic DMA coherent pool is too small!', 'atomic context'],
    ['S4-BUG', 'Kernel BUG at swiotlb_find_slots+0x164/0x460 [verbose debug info unavailable]', 'a mapping of 0 bytes'],
    ['S4-BUG', 'kernel BUG at kernel/dma/mapping.c:169!', 'DMA_NONE'],
    ['S4-stall', 'rcu: INFO: rcu_sched self-detected stall on CPU', 'a loop does not end'],
    ['S4-warning', 'WARNING: CPU: 0 PID: 1 at dma_free_attrs+0x94/0xa0', 'needs interrupts'],
    ['S4-warning', 'WARNING: CPU: 0 PID: 1 at iommu_dma_unmap_page+0xb0/0xcc', 'mapped with 0 bytes'],
    ['F-17', 'failed to get scatterlist from DMA API', 'dma_get_sgtable refused'],
    [
      'S4-swiotlb',
      'dmaviol 0000:00:02.0: Buffer overflow detected. Allocation size: 1024. Mapping size: 2048.',
      '2048 bytes of a slot that holds 1024',
    ],
  ]
  for (const [id, text, cause] of CASES)
    it(`${id}: ${text.slice(0, 60)}`, () => {
      const [found] = explain(`nothing to see\n${text}`)
      expect(found).toMatchObject({ id, kind: 'problem', lines: [2], count: 1 })
      expect(found?.cause).toContain(cause)
      expect(found?.next).not.toBe('')
      expect(found?.fixes).not.toEqual([])
    })
  it('dma-debug’s messages in the frames of all releases lead to their finding', () => {
    const found = explain(
      'DMA-API: drv dev: device driver frees DMA memory with different size [x]\ndrv dev: DMA-API: device driver maps memory from stack [addr=0]',
    )
    expect(found.map(({ code, next }) => [code, next])).toEqual([
      ['unmap-size', 'dmalab explain unmap-size'],
      ['map-stack', 'dmalab explain map-stack'],
    ])
  })
  it('registers of a warning are no fault; those of a fault name its function', () => {
    const registers = 'pc : swiotlb_bounce+0x140/0x14c'
    expect(explain(`WARNING: CPU: 1 PID: 1 at swiotlb_bounce\n${registers}`)).toEqual([])
    const fault = 'Unable to handle kernel paging request at virtual address ffff000012345678'
    expect(explain(`${fault}\n${registers}`).map(({ cause }) => cause)[1]).toContain('swiotlb_bounce touched')
  })
  it('a flood of messages that differ in their numbers stays short', () => {
    const flood = Array.from(
      { length: 500 },
      (_, used) => `a b: swiotlb buffer is full (sz: 4096 bytes), total 9999 (slots), used ${used} (slots)`,
    )
    const found = explain(flood.join('\n'))
    expect(found.length).toBeLessThan(20)
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(500)
  })
  it('the same message again is counted, not repeated', () => {
    expect(explain('failed to map scatterlist\n'.repeat(20))).toMatchObject([
      { count: 20, lines: [1, 2, 3, 4, 5, 6, 7, 8] },
    ])
  })
  it('problems come before notes', () => {
    const found = explain(
      'software IO TLB: mapped [mem 0x00000000fa000000-0x00000000fe000000] (64MB)\nfailed to map scatterlist',
    )
    expect(found.map(({ kind }) => kind)).toEqual(['problem', 'note'])
  })
})

const LOGS = join(import.meta.dirname, '../../../../shared/traces/logs')
describe.skipIf(!existsSync(LOGS))('logs of real kernels (shared/traces/logs)', () => {
  const idsOf = (name: string): readonly string[] =>
    explain(readFileSync(join(LOGS, name), 'latin1')).flatMap(({ id, kind }) => (kind === 'problem' ? [id] : []))

  it('no console of a crash and no kernel log is without a problem that is named', () => {
    const logs = existsSync(LOGS) ? readdirSync(LOGS).filter((one) => /console|dmesg/.test(one)) : []
    // These hold boot lines, or the end of a run in which nothing went wrong.
    const quiet = /-blk-\w+\.(?:bootdmesg|dmesg-tail)/
    expect(logs.filter((name) => !quiet.test(name) && idsOf(name).length === 0)).toEqual([])
    expect(logs.filter((name) => quiet.test(name) && idsOf(name).length > 0)).toEqual([])
  })
  it('every dma-debug message of the violation runs is recognised', () => {
    for (const name of existsSync(LOGS) ? readdirSync(LOGS).filter((one) => /viol-.*dmesg/.test(one)) : []) {
      const text = readFileSync(join(LOGS, name), 'latin1')
      const printed = text.split('\n').filter((line) => /DMA-API: (?:\S+ [0-9a-f]{4}:\S+: |exceeded)/.test(line)).length
      const known = explain(text)
        .filter(({ id }) => id === 'DMA-API')
        .reduce((sum, { count }) => sum + count, 0)
      expect([name, known]).toEqual([name, printed])
    }
  })
  it.each([
    ['a64-6.12-console-swiotlb-pool-full-livelock.txt', 'F-01'],
    ['a32-6.12-console-pageless-share-oops.txt', 'F-07'],
    ['a64-6.12-console-pageless-export-to-bouncing-importer-oops.txt', 'F-07'],
    ['a64-6.12-console-kmap-oops.txt', 'F-07'],
    ['a64-6.12-media.dmesg.txt', 'F-09'],
    ['a64-6.12-console-map-dir-none-BUG.txt', 'S4-BUG'],
    ['a64-6.12-console-viol-swiotlb-zero-length-BUG.txt', 'S4-BUG'],
    ['a32-6.12-console-pageless-share-oops.txt', 'S4-stall'],
    ['a64-6.12-viol-direct.dmesg.txt', 'F-15'],
    ['a64-6.12-viol-direct.dmesg.txt', 'F-05'],
    ['a64-6.12-viol-direct.dmesg.txt', 'S4-warning'],
    ['a64-6.12-viol-smmu.dmesg.txt', 'F-06'],
  ])('%s shows %s', (name, id) => {
    expect(idsOf(name)).toContain(id)
  })
})
