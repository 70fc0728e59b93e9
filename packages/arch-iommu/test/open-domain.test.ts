// What the tables of a device are opened with, and what becomes of what they tell.
import { fail, type Host, type IommuSetup, type IommuTrace, ok } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { modelOf } from '../src/iommu-models.ts'
import { openDomain } from '../src/open-domain.ts'

const FIXED = { iommuFixV7sSplit: true, iommuFixOverwrite: true }

const open = ({
  kernel = {},
  facts = {},
  model = 'arm-smmu-v3',
  heard = [] as readonly string[],
  opens = true,
} = {}) => {
  const told: unknown[] = []
  let setup: IommuSetup | undefined
  let trace: IommuTrace | undefined
  const host = {
    kernel: { iommu: { strict: true }, iommuPartialUnmap: 'split', ...kernel },
    device: { name: 'dev', facts },
    iommu: {
      facts: { name: 'mmu', model },
      open: (asked: IommuSetup, hears: IommuTrace) => {
        setup = asked
        trace = hears
        return opens ? ok('a domain') : fail('EINVAL', 'mmu does not support such tables')
      },
    },
    wants: (detail: string) => heard.includes(detail),
    tellName: (name: string) => heard.includes(name),
    emit: (event: unknown) => void told.push(event),
    printk: (level: string, text: string) => void told.push(`${level}: ${text}`),
  } as unknown as Host
  const domain = openDomain(host, modelOf(model))
  if (setup === undefined || trace === undefined) throw new Error('nothing was opened')
  return { domain, setup, trace, told }
}

describe('tables are opened', () => {
  it.each([
    [{}, null],
    [{ kernel: { iommu: { strict: false } } }, { slots: 256, timeoutMs: 10 }],
    // An untrusted device loses at once what it was lent, and some IOMMUs cannot wait.
    [{ kernel: { iommu: { strict: false } }, facts: { pci: { untrusted: true } } }, null],
    [
      { kernel: { iommu: { strict: false } }, facts: { pci: { untrusted: false } } },
      { slots: 256, timeoutMs: 10 },
    ],
    [{ kernel: { iommu: { strict: false } }, model: 'rockchip-iommu' }, null],
  ] as const)('lazy or not: %o', (given, lazy) => expect(open(given as never).setup.lazy).toEqual(lazy))

  it.each([
    [{}, 0],
    [{ facts: { dmaRanges: [] } }, 0],
    [
      {
        facts: {
          dmaRanges: [
            { bus: 0x4000, cpu: 0, len: 4096 },
            { bus: 0x2000, cpu: 9, len: 4096 },
          ],
        },
      },
      0x2000,
    ],
  ])('from the lowest address of the bus on: %o', (given, start) => {
    expect(open(given as never).setup.apertureStart).toBe(start)
  })

  it.each([
    ['arm-smmu-v3', 'split', 'split'],
    ['arm-smmu-v3', 'refused', 'refused'],
    ['samsung-sysmmu', 'split', 'refused'],
    ['intel-vtd', 'split', 'whole'],
  ])('a part of a block, %s, where io-pgtable does %s: %s', (model, iommuPartialUnmap, partial) => {
    expect(open({ model, kernel: { iommuPartialUnmap } }).setup.partialUnmap).toBe(partial)
  })

  it('with the fixes of the release, in the shape of the model', () => {
    const { setup, domain } = open({ kernel: FIXED, model: 'mediatek-m4u' })
    expect(setup).toMatchObject({ fixes: ['v7sSplit', 'overwrite'], format: 'ARM_V7S', ias: 32 })
    expect([open().setup.fixes, domain]).toEqual([[], 'a domain'])
    const all = ['V7sSplit', 'V7sSupersection', 'Overwrite', 'SegmentLimit', 'UnmapAtTop']
    const kernel = Object.fromEntries(all.map((name) => [`iommuFix${name}`, true]))
    expect(open({ kernel }).setup.fixes).toEqual(all.map((name) => name[0]?.toLowerCase() + name.slice(1)))
  })

  it('or the machine is none that the kernel runs on', () => {
    expect(() => open({ opens: false })).toThrow('no tables for dev: mmu does not support such tables')
  })
})

describe('what tables tell', () => {
  it('becomes tracepoints, by name alone where no one wants more', () => {
    const { trace, told } = open()
    trace.map(0x1000, 0x8000, 0x2000)
    trace.unmap(0x1000, 0x2000, 0x1000)
    expect(told).toEqual([
      { event: 'map', iova: 0x1000, end: 0x3000, physAddr: 0x8000, size: 0x2000 },
      { event: 'unmap', iova: 0x1000, end: 0x3000, size: 0x2000, unmappedSize: 0x1000 },
    ])
    const named = open({ heard: ['map', 'unmap'] })
    named.trace.map(0x1000, 0x8000, 0x2000)
    named.trace.unmap(0x1000, 0x2000, 0x1000)
    expect(named.told).toEqual([])
    expect([trace.mapped(7), named.trace.mapped(7)]).toEqual([false, true])
  })

  it('is asked for where operations are', () => {
    expect([open().trace.wanted(), open({ heard: ['op'] }).trace.wanted()]).toEqual([false, true])
  })

  it('becomes lines, findings and what no kernel sees', () => {
    const { trace, told } = open()
    trace.notice('Using 40-bit DMA addresses')
    trace.quirk('dma-segment-limit-wraps', 'mmu: a text')
    for (const write of [true, false]) trace.fault(0x1000 as never, write, [['err', 'a line']])
    trace.stale(0x1000 as never, 0x8000 as never, true)
    const fault = { event: 'io_page_fault', driver: 'arm-smmu-v3', device: 'dev', iova: 0x1000 }
    expect(told).toEqual([
      'info: Using 40-bit DMA addresses',
      { event: 'kernel_quirk', code: 'dma-segment-limit-wraps', text: 'mmu: a text', device: 'dev' },
      'err: a line',
      { ...fault, flags: 1 },
      'err: a line',
      { ...fault, flags: 0 },
      { event: 'stale_translation', device: 'dev', write: true, dmaAddr: 0x1000, physAddr: 0x8000 },
    ])
  })
})
