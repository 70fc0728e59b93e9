// A PC as a board: /proc/iomem and lspci, as they print it.
import { describe, expect, it } from 'vitest'
import { boardYaml, importPc, isIomem, readMachine } from '../../src/index.ts'

const IOMEM = `00000000-00000fff : Reserved
00001000-0009cfff : System RAM
  000a0000-000bffff : PCI Bus 0000:00
00100000-7b2d4fff : System RAM
  01000000-01e01ff0 : Kernel code
90000000-dfffffff : PCI Bus 0000:00
  a1200000-a12fffff : PCI Bus 0000:01
e0000000-e7ffffff : PCI Bus 0000:40
fed90000-fed90fff : dmar0
100000000-17fffffff : System RAM
180000000-47effffff : System RAM
`
const LSPCI = `00:00.0 Host bridge: Intel Corporation Host Bridge/DRAM Registers (rev 0a)
00:02.0 VGA compatible controller: Intel Corporation UHD Graphics 630 (rev 02)
\tSubsystem: Dell Device 085a
\tKernel driver in use: i915
\tKernel modules: i915
01:00.0 Non-Volatile memory controller: Samsung Electronics Co Ltd NVMe SSD Controller
\tKernel driver in use: nvme
41:00.0 Multimedia video controller: Conexant Systems, Inc. CX23885 (rev 04)
\tKernel driver in use: cx23885
41:01.0 Ethernet controller: Intel Corporation I210 (rev 03)
`
const files = (iomem = IOMEM, lspci = LSPCI) => ({
  iomem: { text: iomem, file: 'iomem.txt' },
  lspci: { text: lspci, file: 'lspci.txt' },
})
const device = (name: string, sheet = importPc(files())) => sheet.machine.devices.find((each) => each.name === name)

describe('a PC', () => {
  it('has the RAM of /proc/iomem in whole pages, neighbours joined', () => {
    expect(importPc(files()).machine.memory).toEqual([
      { base: 0, len: 0x9_d000 },
      { base: 0x10_0000, len: 0x7b2d_5000 - 0x10_0000 },
      { base: 0x1_0000_0000, len: 0x3_7f00_0000 },
    ])
  })

  it('has the functions of lspci that move data, under the names of the kernel', () => {
    expect(importPc(files()).machine.devices.map(({ name, class: kind }) => `${name} ${kind}`)).toEqual([
      '0000:00:02.0 display',
      '0000:01:00.0 storage',
      '0000:41:00.0 camera',
      '0000:41:01.0 network',
    ])
    expect(device('0000:01:00.0')).toMatchObject({ maskBits: 64, minAlignMask: 4095, coherent: true })
  })

  it('gives each function the windows of its host bridge: no bus address may lie there', () => {
    expect(device('0000:01:00.0')?.pci?.windows).toEqual([{ base: 0x9000_0000, len: 0x5000_0000 }])
    expect(device('0000:41:00.0')?.pci?.windows).toEqual([{ base: 0xe000_0000, len: 0x800_0000 }])
  })

  it('knows what media drivers offer, and guesses only the masks that nothing tells', () => {
    const { machine } = importPc(files())
    expect(machine.bindings).toEqual({ kmssink: '0000:00:02.0', v4l2src: '0000:41:00.0' })
    expect(machine.assumed?.map((each) => each.device)).toEqual(['0000:41:01.0'])
  })

  it.each([
    ['dmar0', [{ name: 'iommu', model: 'intel-vtd', enabled: true }]],
    ['amd_iommu', [{ name: 'iommu', model: 'amd-vi', enabled: true }]],
    ['Reserved', []],
  ])('with %s in its map has this IOMMU', (name, iommus) => {
    expect(importPc(files(IOMEM.replace('dmar0', name))).machine.iommus).toEqual(iommus)
  })

  it('reads class codes and domains where lspci prints them', () => {
    const sheet = importPc(files(IOMEM, '0001:02:00.0 Weird thing [0300]: Vendor Card [1234:5678] (rev 01)\n'))
    expect(sheet.machine.devices).toMatchObject([{ name: '0001:02:00.0', class: 'display', title: 'Vendor Card' }])
  })

  it('comes back as the same machine from its YAML', () => {
    const sheet = importPc(files())
    expect(readMachine(boardYaml(sheet), 'pc.yaml')).toEqual(sheet.machine)
  })
})

describe('files that are none', () => {
  it('are told from others', () => {
    expect(isIomem(IOMEM)).toBe(true)
    expect(isIomem('name: board\narch: arm64\n')).toBe(false)
  })
  it.each([
    ['00000000-00000000 : System RAM\n', LSPCI, /holds zeros.*sudo/s],
    ['00000000-00000fff : Reserved\n', LSPCI, /names no System RAM/],
    [IOMEM, 'hello\n', /lspci.txt: names no PCI function/],
  ])('are refused with what to do', (iomem, lspci, message) => {
    const told = (): string => {
      try {
        importPc(files(iomem, lspci))
        return 'taken'
      } catch (e) {
        return e instanceof Error ? `${e.message} ${String((e as { hint?: string }).hint)}` : ''
      }
    }
    expect(told()).toMatch(message)
  })
})

it('a device that does not snoop is no device of a PC', () => {
  const board = 'name: v\ntitle: v\narch: x86_64\ncpu: {lineSize: 64}\nmemory: [{base: 0, len: 1GiB}]\ndevices:\n'
  const read = (more: string) => readMachine(`${board}  - {name: d, class: other, maskBits: 32${more}}\n`, 'v.yaml')
  expect(read('').devices[0]?.coherent).toBe(true)
  expect(() => read(', coherent: false')).toThrow('every device snoops')
})

it('without lspci has the functions and masks that sysfs lists', () => {
  const list = 'pci 0000:00:02.0 driver=i915 dma_mask_bits=39 consistent_dma_mask_bits=39 of= class=0x030000\n'
  const { machine } = importPc({ ...files(IOMEM, list), masks: new Map([['0000:00:02.0', 39]]) })
  expect(machine.devices).toMatchObject([{ name: '0000:00:02.0', class: 'display', driver: 'i915', maskBits: 39 }])
  expect(machine.assumed).toEqual([])
})
