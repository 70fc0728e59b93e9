// A log's operations on other machines and kernels.
import { readFileSync } from 'node:fs'
import { phys, type ReplayReport } from '@dmalab/api'
import { shippedBoards } from '@dmalab/machine'
import { openLab, openReplay, parseKernel, withOptions } from '@dmalab/runner'
import { createReader } from '@dmalab/trace'
import { beforeAll, describe, expect, it } from 'vitest'
import { logPath } from '../../packages/trace/test/files.ts'
import { openLaboratory } from '@dmalab/lab/node'
import { parseKernelOptions } from '@dmalab/scenario'

let parts: Awaited<ReturnType<typeof openLaboratory>>
beforeAll(async () => {
  parts = await openLaboratory()
})

const replay = (
  log: string,
  kernel: string,
  board: string,
  as: Record<string, string>,
  cmdline?: string,
): ReplayReport => {
  const machine = shippedBoards().find(({ name }) => name === board)
  if (machine === undefined) throw new Error(`no board ${board}`)
  const spec = withOptions(parseKernel(kernel, parts.registry), parseKernelOptions([], cmdline ?? ''))
  const driven = openReplay(parts, { kernel: spec, machine, devices: as })
  const reader = createReader({ onEvent: (event) => driven.onEvent(event) })
  reader.push(log.includes('\n') ? Buffer.from(log, 'latin1') : readFileSync(logPath(log) ?? log))
  reader.end()
  return driven.finish()
}
const NVME = 'a64-6.12-blk-direct-nvme.trace.txt'
const VIOLATIONS = 'a64-6.12-viol-direct.trace.txt'
const RPI4 = 'bcm2711-rpi-4-b'

describe('a block device’s log', () => {
  it('stays direct on a device that reaches all memory, and bounces everything with swiotlb=force', () => {
    const as = { '0000:00:03.0': 'ethernet' }
    const plain = replay(NVME, 'arm64@6.12', RPI4, as)
    expect(plain.devices).toMatchObject([
      { device: '0000:00:03.0', as: 'ethernet', log: { direct: 75 }, model: { direct: 75 } },
    ])
    expect(plain.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
    const forced = replay(NVME, 'arm64@6.12', RPI4, as, 'swiotlb=force')
    // Ten lists hold a segment that is longer than one bounce can be.
    expect(forced.devices[0]?.model).toEqual({ direct: 0, bounced: 65, translated: 0, refused: 10 })
    expect(forced.refusals[0]?.errno).toMatch(/^E/)
  })
  it('leaves nothing behind but what the log leaves', () => {
    const { skipped, findings } = replay(NVME, 'arm64@6.12', RPI4, { '0000:00:03.0': 'ethernet' })
    expect(skipped).toBe(0)
    expect(findings.map(({ code }) => code)).toEqual(['live-at-end'])
  })
})

describe('an IOMMU’s log', () => {
  const SMMU = 'a64-6.12-blk-smmu-nvme.trace.txt'
  it.skipIf(logPath(SMMU) === undefined)('shows by its page table updates how long joined entries are', () => {
    const report = replay(SMMU, 'arm64@6.12', RPI4, { '0000:00:03.0': 'ethernet' })
    expect(report).toMatchObject({
      skipped: 0,
      fault: null,
      findings: [],
      devices: [{ log: { translated: 105 }, model: { direct: 105, translated: 0 } }],
    })
    // The same operations behind the IOMMU of another board.
    expect(replay(SMMU, 'arm64@6.12', 'rk3399-rockpro64', { '0000:00:03.0': 'codec' }).devices).toMatchObject([
      { model: { direct: 0, translated: 105 } },
    ])
  })
  it('without page table updates: a joined list is left out, as its lengths are not known', () => {
    const line = (body: string): string => `            init-1       [000] .....     1.000000: ${body}\n`
    const joined =
      'codec dir=TO_DEVICE nents=2/2 ents=1/1 dma_addrs={0xfff00000} sizes={0x3000} phys_addrs={0x41000000,0x45000000} attrs='
    const update = (iova: string, physAddr: string, size: number): string =>
      line(`map: IOMMU: iova=0x${iova} - 0x${iova} paddr=0x${physAddr} size=${size}`)
    const unmap = line('dma_unmap_sg: codec dir=TO_DEVICE phys_addrs={0x41000000,0x45000000} attrs=')
    const without = line(`dma_map_sg: ${joined}`) + unmap
    expect(replay(without, 'arm64@6.12', RPI4, {})).toMatchObject({ skipped: 2, devices: [{ log: { translated: 0 } }] })
    const updates = update('fff00000', '41000000', 4096) + update('fff01000', '45000000', 8192)
    expect(replay(updates + without, 'arm64@6.12', RPI4, {})).toMatchObject({
      skipped: 0,
      devices: [{ log: { translated: 1 } }],
    })
  })
})

describe('memory that the board’s kernel has for itself', () => {
  it('is not what the log means: its bounce buffer lies where the log’s buffers lay', () => {
    const report = replay(NVME, 'arm64@6.12', 'imx8mp-evk', { '0000:00:03.0': 'codec' })
    expect(report.fault).toBeNull()
    expect(report.moved).toBeGreaterThan(0)
  })
})

describe('the violations', () => {
  it('end where the real kernel ended with swiotlb: BUG in swiotlb_find_slots at the mapping of zero bytes', () => {
    const report = replay(VIOLATIONS, 'arm64@6.12', RPI4, { '0000:00:02.0': 'codec' })
    expect(report.fault).toMatchObject({ line: 194, function: 'swiotlb_find_slots' })
    expect(report.devices[0]?.model).toMatchObject({ direct: 0, bounced: 38 })
  })
  it('are the same violations on a device that needs no bounce', () => {
    const report = replay(VIOLATIONS, 'arm64@6.12', RPI4, { '0000:00:02.0': 'ethernet' })
    expect(report.fault).toBeNull()
    const codes = new Set(report.findings.map(({ code }) => code))
    for (const code of ['unmap-size', 'unmap-direction', 'sync-direction', 'overlapping-mappings'])
      expect(codes).toContain(code)
  })
})

describe('what a log says about single mappings', () => {
  const line = (body: string): string => `            init-1       [000] .....     1.000000: ${body}\n`
  it('a bounce that was refused is not that of the next mapping', () => {
    const log =
      line('swiotlb_bounced: dev_name: codec dma_mask=ffffffff dev_addr=41000000 size=4096 NORMAL') +
      line('dma_map_page: codec dir=TO_DEVICE dma_addr=ffffffffffffffff size=4096 phys_addr=41000000 attrs=') +
      line('dma_map_page: codec dir=TO_DEVICE dma_addr=41000000 size=4096 phys_addr=41000000 attrs=')
    expect(replay(log, 'arm64@6.12', RPI4, {}).devices).toMatchObject([
      { log: { direct: 1, bounced: 0, translated: 0, refused: 1 } },
    ])
  })
  it('a resource of 7.x is one by its attribute, and stays where it is', () => {
    const log =
      line('dma_map_phys: codec dir=TO_DEVICE dma_addr=fe000000 size=4096 phys_addr=fe000000 attrs=MMIO') +
      line('dma_unmap_phys: codec dir=TO_DEVICE dma_addr=fe000000 size=4096 attrs=MMIO')
    expect(replay(log, 'arm64@6.12', RPI4, {})).toMatchObject({ moved: 0, skipped: 0, findings: [], fault: null })
  })
  it('RAM as a resource stops 4.11 where its source says', () => {
    const log = line('dma_map_resource: codec dir=TO_DEVICE dma_addr=45000000 size=4096 phys_addr=45000000 attrs=')
    expect(replay(log, 'arm@4.11', 'odroid-xu4-2017', {}).fault).toMatchObject({
      line: 1,
      function: 'dma_map_resource',
    })
  })
})

describe('devices', () => {
  it('without a name are bad input, with what to do', () => {
    expect(() => replay(NVME, 'arm64@6.12', RPI4, {})).toThrow(
      expect.objectContaining({ name: 'InputError', hint: expect.stringContaining('the log has 0000:00:03.0') }),
    )
  })
  it('that the board lacks are bad input', () => {
    expect(() => replay(NVME, 'arm64@6.12', RPI4, { '0000:00:03.0': 'warp-drive' })).toThrow(/warp-drive/)
  })
  it('whose IOMMU is off keep the physical address; a log’s other address is not called an IOMMU', () => {
    const line = (body: string): string => `            init-1       [000] .....     1.000000: ${body}\n`
    const log =
      line('dma_map_page: display dir=TO_DEVICE dma_addr=60000000 size=4096 phys_addr=60000000 attrs=') +
      line('dma_map_page: display dir=TO_DEVICE dma_addr=51000000 size=4096 phys_addr=180000000 attrs=')
    const { devices } = replay(log, 'arm@4.11', 'odroid-xu4-2017', {})
    expect(devices).toMatchObject([
      { device: 'display', log: { direct: 1, translated: 1 }, model: { direct: 2, translated: 0 } },
    ])
  })
  it('of the same name need no flag', () => {
    const line = (body: string): string => `            init-1       [000] .....     1.000000: ${body}\n`
    const log =
      line('dma_map_page: codec dir=TO_DEVICE dma_addr=9000000000 size=4096 phys_addr=9000000000 attrs=') +
      line('dma_unmap_page: codec dir=TO_DEVICE dma_addr=9000000000 size=4096 attrs=')
    expect(replay(log, 'arm64@6.12', RPI4, {})).toMatchObject({
      moved: 1,
      skipped: 0,
      devices: [{ device: 'codec', as: 'codec' }],
    })
  })
})

it('pages are claimed for good, and only where they are free', () => {
  const machine = shippedBoards().find(({ name }) => name === RPI4)
  if (machine === undefined) throw new Error(`no board ${RPI4}`)
  const lab = openLab(parts, { kernel: parseKernel('arm64@6.12', parts.registry), machine })
  const got = lab.userAlloc(8192, 'a')
  if (!got.ok) throw new Error(got.why)
  expect(lab.userClaim(phys(got.value.phys + 4096), 1, 'b')).toMatchObject({ ok: false, errno: 'EBUSY' })
  const free = phys(0x2000_0000)
  expect(lab.userClaim(phys(free + 100), 4000, 'b')).toMatchObject({ ok: true, value: { phys: free, len: 8192 } })
  expect(lab.userClaim(free, 4096, 'c')).toMatchObject({ ok: false, errno: 'EBUSY' })
})

describe('coherent blocks of a log', () => {
  const alloc = (device: string, at: string): string =>
    `            init-1       [000] .....     1.000000: dma_alloc: ${device} dir=BIDIRECTIONAL dma_addr=${at} size=9437184 virt_addr=0xf0800000 flags=GFP_KERNEL attrs=\n`
  it('of a memory region come from its pool', () => {
    // Nine MiB each: the left pool has 16, the right one 8, and the converter has none.
    const log = alloc('codec.left', '51000000') + alloc('codec.right', '43000000') + alloc('converter', 'b8900000')
    const { devices, refusals } = replay(log, 'arm@4.11', 'odroid-xu4-2017', {})
    expect(devices.map(({ as }) => as)).toEqual(['codec.left', 'codec.right', 'converter'])
    expect(refusals).toMatchObject([{ line: 2, errno: 'ENOMEM' }])
  })
  it('are what others map, wherever this board has put them', () => {
    const map =
      '            init-1       [000] .....     1.000000: dma_map_sg: display dir=TO_DEVICE nents=1/1 ents=1/1 dma_addrs={0x68901000} sizes={0x2000} phys_addrs={0x68901000} attrs=\n'
    const shared = replay(alloc('converter', '68900000') + map, 'arm@4.11', 'odroid-xu4-2017', {})
    expect(shared).toMatchObject({ moved: 0, devices: [{}, { model: { direct: 1 } }] })
    // Memory of a pool has no struct page; other memory stands for it.
    const pool = map.replaceAll('0x68901000', '0x51001000')
    expect(replay(alloc('codec.left', '51000000') + pool, 'arm@4.11', 'odroid-xu4-2017', {}).moved).toBe(1)
  })
})
