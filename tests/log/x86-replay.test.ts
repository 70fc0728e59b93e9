// Logs of real x86-64 kernels, storage and network, on the model of those kernels: each mapping ends as it did there.
import { readFileSync } from 'node:fs'
import { readBoard, replay } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { createReader } from '@dmalab/trace'
import { describe, expect, it } from 'vitest'
import { logPath } from '../../packages/trace/test/files.ts'

const parts = await openLaboratory()
const machine = readBoard('pc-vtd')
/** Devices of the recording machine, by those of the board that stand for them. */
const devices = { '0000:00:02.0': '0000:00:14.0', '0000:00:03.0': '0000:00:17.0' }
const none = { direct: 0, bounced: 0, translated: 0, refused: 0 }

describe.each([
  ['linux-6.12.107-x86_64-direct-nohashptr.storage-net.trace', '6.12.107', 'iommu=off', 'direct', [255, 16]],
  ['linux-7.3.4-x86_64-direct.storage-net.trace', '7.3.4', 'iommu=off', 'direct', [255, 54]],
  ['linux-7.3.4-x86_64-swiotlb-force.storage-net.trace', '7.3.4', 'iommu=off swiotlb=force', 'bounced', [255, 53]],
] as const)('%s', (file, release, cmdline, how, counts) => {
  const path = logPath(file)
  it.skipIf(path === undefined)('replays as it was, on the kernel that its banner names', async () => {
    const banner = `[    0.000000] Linux version ${release} (a@b) (x86_64-linux-gnu-gcc-14) #1 SMP\n`
    const request = { machine, kernel: 'auto', config: [], cmdline, devices }
    const report = await replay(parts, request, async (onEvent) => {
      const reader = createReader({ onEvent })
      reader.push(new TextEncoder().encode(banner))
      reader.push(readFileSync(path ?? ''))
      return reader.end()
    })
    expect(report.kernel).toBe(`x86_64@${release.startsWith('6.12') ? '6.12' : '7.2'}`)
    expect(report.notes[0]).toContain(`kernel x86_64@${release}: the log is of ${release}`)
    const outcomes = report.devices.toSorted((a, b) => a.device.localeCompare(b.device))
    expect(outcomes.map(({ model }) => model)).toEqual(counts.map((count) => ({ ...none, [how]: count })))
    expect(outcomes.map(({ log }) => log)).toEqual(outcomes.map(({ model }) => model))
    expect([report.refusals, report.fault, report.findings.filter(({ severity }) => severity === 'error')]).toEqual([
      [],
      null,
      [],
    ])
  })
})
