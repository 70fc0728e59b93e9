// A log's operations on other machines and kernels.
import { readFileSync } from 'node:fs'
import { shippedBoards } from '@dmalab/machine'
import { parseKernel, withOptions } from '@dmalab/runner'
import { createReader } from '@dmalab/trace'
import { beforeAll, describe, expect, it } from 'vitest'
import { logPath } from '../../../../packages/trace/test/files.ts'
import { openLaboratory } from '../../src/laboratory.ts'
import { openReplay, type ReplayReport } from '../../src/log/replay.ts'
import { parseKernelOptions } from '../../src/run-flags.ts'

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
  const spec = withOptions(parseKernel(kernel, parts.registry), parseKernelOptions([], cmdline))
  const driven = openReplay(parts, spec, machine, as)
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
    // That device takes shorter segments than the one in the log.
    const grave = plain.findings.filter(({ severity }) => severity !== 'info')
    expect(new Set(grave.map(({ code }) => code))).toEqual(new Set(['sg-segment-too-long']))
    const forced = replay(NVME, 'arm64@6.12', RPI4, as, 'swiotlb=force')
    // Ten lists hold a segment that is longer than one bounce can be.
    expect(forced.devices[0]?.model).toEqual({ direct: 0, bounced: 65, translated: 0, refused: 10 })
    expect(forced.refusals[0]?.errno).toMatch(/^E/)
  })
  it('leaves nothing behind but what the log leaves', () => {
    const { skipped, findings } = replay(NVME, 'arm64@6.12', RPI4, { '0000:00:03.0': 'ethernet' })
    expect(skipped).toBe(0)
    expect(findings.filter(({ code }) => code !== 'sg-segment-too-long').map(({ code }) => code)).toEqual([
      'live-at-end',
    ])
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

describe('devices', () => {
  it('that nobody names are bad input, with what to do', () => {
    expect(() => replay(NVME, 'arm64@6.12', RPI4, {})).toThrow(
      expect.objectContaining({ name: 'InputError', hint: expect.stringContaining('--device LOG=BOARD') }),
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
