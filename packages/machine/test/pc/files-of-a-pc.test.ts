// /proc/iomem and lspci line by line: what a board gets of them, and what it does not.
import { describe, expect, it, test } from 'vitest'
import { isIomem, isPcIomem, readIomem } from '../../src/pc/iomem.ts'
import { isLspci, readLspci } from '../../src/pc/lspci.ts'

const iomem = (...lines: readonly string[]) => readIomem(`${lines.join('\n')}\n`, 'iomem.txt')
const RAM = '00001000-00ffffff : System RAM'

describe('/proc/iomem', () => {
  it('RAM is rounded to whole pages inwards; the first page belongs to it', () => {
    expect(iomem('00000fff-0009f3ff : System RAM').ram).toEqual([{ base: 0, len: 0x9_f000 }])
    expect(iomem('00001000-0009f3ff : System RAM').ram).toEqual([{ base: 0, len: 0x9_f000 }])
    expect(iomem('00001001-0009f3ff : System RAM').ram).toEqual([{ base: 0x2000, len: 0x9_d000 }])
  })
  it('neighbours are one bank, in whatever order they stand; what lies below another line is a part of it', () => {
    expect(
      iomem(
        '02000000-02ffffff : System RAM',
        '01000000-01ffffff : System RAM',
        '  01000000-010fffff : System RAM',
        '04000000-04ffffff : System RAM',
      ).ram,
    ).toEqual([
      { base: 0x100_0000, len: 0x200_0000 },
      { base: 0x400_0000, len: 0x100_0000 },
    ])
  })
  it('less than a page is no bank', () => {
    expect(iomem(RAM, '20000800-20000fff : System RAM').ram).toHaveLength(1)
  })
  it('host bridges stand at the top, with all their windows', () => {
    const { bridges } = iomem(
      RAM,
      'e0000000-e7ffffff : PCI Bus 0000:40',
      'f0000000-f00fffff : PCI Bus 0001:00',
      '8000000000-80ffffffff : PCI Bus 0000:40',
      '  e0000000-e00fffff : PCI Bus 0000:41',
      'a0000000-a0ffffff : PCI MMCONFIG 0000 [bus 00-ff]',
    )
    expect(bridges).toEqual([
      {
        domain: '0000',
        bus: 0x40,
        windows: [
          { base: 0xe000_0000, len: 0x800_0000 },
          { base: 0x80_0000_0000, len: 0x1_0000_0000 },
        ],
      },
      { domain: '0001', bus: 0, windows: [{ base: 0xf000_0000, len: 0x10_0000 }] },
    ])
  })
  test.each([
    ['fed90000-fed90fff : dmar0', 'intel-vtd'],
    ['  fed91000-fed91fff : dmar12', 'intel-vtd'],
    ['feb80000-febfffff : amd_iommu', 'amd-vi'],
    ['feb80000-febfffff : dmar', null],
    ['feb80000-febfffff : my amd_iommu', null],
  ])('%s tells %s', (line, iommu) => {
    expect(iomem(RAM, line).iommu).toBe(iommu)
  })
  test.each([
    ['00000000-00000000 : System RAM', 'iomem.txt: holds zeros for all addresses', /sudo cat/],
    ['00001000-00001fff : Reserved', 'iomem.txt: names no System RAM', /expected a copy/],
    ['  00001000-00001fff : System RAM', 'iomem.txt: names no System RAM', /expected a copy/],
    ['', 'iomem.txt: names no System RAM', /expected a copy/],
  ])('%j is refused', (line, message, hint) => {
    expect(() => iomem(line)).toThrow(expect.objectContaining({ message, hint: expect.stringMatching(hint) }))
  })
  test.each([
    ['fee00000-fee00fff : Local APIC', true],
    ['fec00000-fec003ff : IOAPIC 12', true],
    ['  000c0000-000cdfff : Video ROM', true],
    ['fee00000-fee00fff : Local APIC timer', false],
    ['40000000-4fffffff : Kernel code', false],
  ])('%s tells a PC: %s', (line, is) => {
    expect(isPcIomem(`${RAM}\n${line}\n`)).toBe(is)
    expect(isIomem(`${RAM}\n${line}\n`)).toBe(true)
  })
  it.each(['1000-1fff : x', '00001000-00001fff: x', 'Local APIC', '00001000 : System RAM'])('%j is none', (text) => {
    expect(isIomem(text)).toBe(false)
  })
})

describe('lspci', () => {
  const one = (...lines: readonly string[]) => readLspci(lines.join('\n'), 'lspci.txt')
  test.each([
    ['00:02.0 VGA compatible controller: Intel (rev 02)', '0000:00:02.0', 'display', 'Intel'],
    ['00:02.0 Display controller [0380]: Intel [8086:3e92] (rev 02)', '0000:00:02.0', 'display', 'Intel'],
    ['01:00.0 3D controller: NVIDIA', '0000:01:00.0', 'gpu', 'NVIDIA'],
    ['0001:fe:1f.7 Multimedia video controller: Conexant', '0001:fe:1f.7', 'camera', 'Conexant'],
    ['10000:00:00.0 SATA controller: ASMedia', '10000:00:00.0', 'storage', 'ASMedia'],
    ['00:17.0 RAID bus controller: Intel', '0000:00:17.0', 'storage', 'Intel'],
    ['00:1a.0 SD Host controller: Intel', '0000:00:1a.0', 'storage', 'Intel'],
    ['00:1f.6 Network controller: Intel', '0000:00:1f.6', 'network', 'Intel'],
    ['00:0b.0 DMA controller [0801]: X', '0000:00:0b.0', 'dma-engine', 'X'],
    ['00:1d.0 PCI bridge: Intel', '0000:00:1d.0', null, 'Intel'],
    ['00:1f.4 SMBus: Intel', '0000:00:1f.4', null, 'Intel'],
    ['00:14.2 RAM memory: Intel', '0000:00:14.2', null, 'Intel'],
    ['00:14.0 USB controller: Intel', '0000:00:14.0', 'other', 'Intel'],
    ['00:14.0 Odd [0c03]: Intel', '0000:00:14.0', 'other', 'Intel'],
  ])('%s', (line, slot, kind, title) => {
    expect(one(line)).toMatchObject([{ slot, class: kind, title, driver: null }])
  })
  it('the driver in use belongs to the function above it', () => {
    expect(
      one(
        '\tKernel driver in use: lost',
        '00:02.0 VGA compatible controller: I',
        '\tKernel modules: i915',
        '\tKernel driver in use: i915',
        '00:03.0 USB controller: I',
      ),
    ).toMatchObject([{ driver: 'i915' }, { driver: null }])
  })
  it('the list of sysfs says the same, with codes', () => {
    expect(
      one(
        'pci 0000:01:00.0 driver=nvme dma_mask_bits=64 of= class=0x010802',
        'pci 0001:02:1f.7 driver= dma_mask_bits=32 of= class=0x060400',
      ),
    ).toEqual([
      { slot: '0000:01:00.0', domain: '0000', bus: 1, title: 'PCI 0108', class: 'storage', driver: 'nvme' },
      { slot: '0001:02:1f.7', domain: '0001', bus: 2, title: 'PCI 0604', class: null, driver: null },
    ])
  })
  it('a text without functions is refused, and told from others', () => {
    expect(() => one('hello')).toThrow(/lspci.txt: names no PCI function/)
    expect(isLspci('00:02.0 VGA compatible controller: Intel\n')).toBe(true)
    expect(isLspci('00:02.8 VGA compatible controller: Intel\n')).toBe(false)
    expect(isLspci('hello 00:02.0 VGA compatible controller: Intel\n')).toBe(false)
  })
})
