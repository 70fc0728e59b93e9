// Whole logs of real kernels, and public cases with what was found to be true, where they are at hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { read } from './read.ts'

const SHARED = join(import.meta.dirname, '../../../../shared')
const LOGS = join(SHARED, 'traces/logs')
const CASES = join(SHARED, 'field/cases')

const problemsOf = (log: string): readonly string[] =>
  read(log).messages.flatMap(({ id, kind }) => (kind === 'problem' ? [id] : []))

describe.skipIf(!existsSync(LOGS))('logs of real kernels (../shared/traces/logs)', () => {
  const names = existsSync(LOGS) ? readdirSync(LOGS) : []
  const log = (name: string): string => readFileSync(join(LOGS, name), 'latin1')

  it('no console of a crash and no kernel log is without a problem that is named', () => {
    const logs = names.filter((one) => /console|dmesg/.test(one))
    // These hold boot lines, or the end of a run in which nothing went wrong.
    const quiet = /-blk-\w+\.(?:bootdmesg|dmesg-tail)/
    // The fault is in the function of a test module: nothing in its trace shows that DMA memory is the matter.
    const elsewhere = 'a64-6.12-console-kmap-oops.txt'
    expect(
      logs.filter((name) => name !== elsewhere && !quiet.test(name) && problemsOf(log(name)).length === 0),
    ).toEqual([])
    expect(logs.filter((name) => quiet.test(name) && problemsOf(log(name)).length > 0)).toEqual([])
  })
  it('every dma-debug message of the violation runs is recognised', () => {
    for (const name of names.filter((one) => /viol-.*dmesg/.test(one))) {
      const text = log(name)
      const printed = text.split('\n').filter((line) => /DMA-API: (?:\S+ [0-9a-f]{4}:\S+: |exceeded)/.test(line)).length
      const known = read(text)
        .messages.filter(({ id, kind }) => kind === 'problem' && id.startsWith('dma-debug-'))
        .reduce((sum, { count }) => sum + count, 0)
      expect([name, known]).toEqual([name, printed])
    }
  })
  it.each([
    ['a64-6.12-console-swiotlb-pool-full-livelock.txt', 'swiotlb-full'],
    ['a32-6.12-console-pageless-share-oops.txt', 'oops-cache-maintenance'],
    ['a64-6.12-console-pageless-export-to-bouncing-importer-oops.txt', 'oops-bounce-copy'],
    ['a64-6.12-media.dmesg.txt', 'vb2-not-contiguous'],
    ['a64-6.12-console-map-dir-none-BUG.txt', 'bug-dma-direction'],
    ['a64-6.12-console-viol-swiotlb-zero-length-BUG.txt', 'bug-dma-direction'],
    ['a64-6.12-viol-direct.dmesg.txt', 'map-vmalloc-rejected'],
    ['a64-6.12-viol-direct.dmesg.txt', 'dma-overflow'],
    ['a64-6.12-viol-direct.dmesg.txt', 'coherent-free-atomic'],
    ['a64-6.12-viol-smmu.dmesg.txt', 'io-pgtable-warning'],
  ])('%s shows %s', (name, id) => {
    expect(problemsOf(log(name))).toContain(id)
  })
})

describe.skipIf(!existsSync(CASES))('public cases (../shared/field/cases)', () => {
  it.each([
    ['01-pi5-vl805-36bit/dmesg.txt', 'controller-no-memory', /mask/],
    ['05-cma-2048/dmesg.txt', 'cma-reserve-failed', /2048 MiB could not be reserved/],
    ['07-amd-split/dmesg.txt', 'amd-io-page-fault', /device 04:00.0 tried a write at 0x00000000ff1d0280/],
    ['09-rk-rga/dmesg.txt', 'rk-iommu-fault', /a read at IOVA 0x2010040 is not mapped/],
    ['11-tegra/dmesg.txt', 'tegra-mc-fault', /csw_xusb_hostw tried a write at 0x80180000: not mapped/],
    ['20-ftgmac/dmesg.txt', 'dma-debug-unmap-size', /length that the device reported/],
    ['25-fenix-memreserve/dmesg.txt', 'rmem-reserve-failed', /already reserved/],
    ['28-page-alloc/a.txt', 'page-alloc-warning', /larger|above the largest order/],
    ['28-page-alloc/b.txt', 'page-alloc-failure', /below dma_common_contiguous_remap/],
    ['31-vc4-pfns-busy/dmesg.txt', 'drm-cma-failed', /pinned, or it is fragmented/],
    ['33-cma-16-one-page/dmesg.txt', 'cma-alloc-failed', /pinned/],
  ])('%s: %s', (name, id, says) => {
    const found = read(readFileSync(join(CASES, name), 'utf8')).messages.find((one) => one.id === id)
    expect(found?.kind).toBe('problem')
    expect(found?.cause).toMatch(says)
  })
  it('13-cma-bypass has no problem', () => {
    expect(problemsOf(readFileSync(join(CASES, '13-cma-bypass/dmesg.txt'), 'utf8'))).toEqual([])
  })
})
