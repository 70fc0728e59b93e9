// What a board or PC gives in place of a plain device tree: images, compressed files, archives of a tree's files, /proc/iomem with lspci; and
// a 32-bit kernel on a 64-bit board.
import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readBundle } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { treeOfFiles } from '@dmalab/machine'
import { diagnosed, kinds, ofBytes, ofText, words } from './diagnose-files.ts'
import { type TarFile, tar } from './tar.ts'

const cells = (...values: readonly number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer).swap32()
/** A board of one GiB whose camera sees a window of 16 MiB. */
const FILES: Readonly<Record<string, Buffer>> = {
  '#address-cells': cells(1),
  '#size-cells': cells(1),
  model: Buffer.from('a board\0'),
  compatible: Buffer.from('some,board\0'),
  'cpus/#address-cells': cells(1),
  'cpus/#size-cells': cells(0),
  'cpus/cpu@0/compatible': Buffer.from('arm,cortex-a72\0'),
  'cpus/cpu@0/device_type': Buffer.from('cpu\0'),
  'cpus/cpu@0/reg': cells(0),
  'memory@0/device_type': Buffer.from('memory\0'),
  'memory@0/reg': cells(0, 0x4000_0000),
  'soc/#address-cells': cells(1),
  'soc/#size-cells': cells(1),
  'soc/compatible': Buffer.from('simple-bus\0'),
  'soc/ranges': Buffer.alloc(0),
  'soc/dma-ranges': cells(0, 0, 0x100_0000),
  'soc/camera@fe800000/compatible': Buffer.from('brcm,bcm2835-unicam\0'),
  'soc/camera@fe800000/reg': cells(0xfe80_0000, 0x1000),
}
const BLOB = treeOfFiles(
  Object.entries(FILES).map(([path, content]) => ({ path, isFolder: false, content })),
  'tree',
)
const FIT = treeOfFiles(
  Object.entries({
    description: Buffer.from('kernel and tree\0'),
    'images/fdt-1/type': Buffer.from('flat_dt\0'),
    'images/fdt-1/compression': Buffer.from('none\0'),
    'images/fdt-1/data': BLOB,
    'configurations/default': Buffer.from('conf-1\0'),
    'configurations/conf-1/fdt': Buffer.from('fdt-1\0'),
  }).map(([path, content]) => ({ path, isFolder: false, content })),
  'fit',
)
const KERNEL = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => (at * 2_654_435_761) % 251))
const below = (folder: string): readonly TarFile[] =>
  Object.entries(FILES).map(([name, body]) => ({ name: `${folder}${name}`, body }))
const LOG =
  '[    9.0] unicam fe800000.camera: swiotlb buffer is full (sz: 4096 bytes), total 0 (slots), used 0 (slots)\n'

describe('a tree in whatever it comes in', () => {
  test.each([
    ['a blob', BLOB],
    ['a FIT image', FIT],
    ['behind a kernel', Buffer.concat([KERNEL, BLOB])],
    ['a compressed kernel with a tree behind it', Buffer.concat([gzipSync(KERNEL), BLOB])],
    ['a kernel with a tree behind it, compressed', gzipSync(Buffer.concat([KERNEL, BLOB]))],
    ['.gz', gzipSync(BLOB)],
    ['tar of its folder', tar(below('./'))],
    ['tar of the folder above', tar(below('base/'))],
    ['tar.gz of all of the firmware', gzipSync(tar(below('sys/firmware/devicetree/base/')))],
  ])('%s', async (_name, bytes) => {
    const one = await diagnosed([ofBytes('x', bytes), ofText('d', LOG)])
    expect(one.facts.map(({ text }) => text)).toContain('a board (arm64)')
    expect(words(one)).toMatch(/fe800000\.camera reaches 16 MiB of 1 GiB/)
  })
  test.each(['xz', 'zstd', 'bzip2', 'lz4'])('through %s where that is installed, a log too', async (program) => {
    const packed = [BLOB, Buffer.from(LOG)].map((input) => spawnSync(program, ['-c'], { input }))
    if (packed.some(({ error }) => error !== undefined)) return
    const one = await diagnosed(packed.map(({ stdout }, at) => ofBytes(String(at), stdout)))
    expect(kinds(one)).toEqual(['tree', 'log'])
    const cut = await diagnosed([ofBytes('cut', packed[0]?.stdout.subarray(0, 40) ?? new Uint8Array())])
    expect(cut.notExamined[0]).toContain(`compressed with ${program}, and damaged or cut off`)
  })
  test('of several trees none is taken by chance, and one can be named', async () => {
    const both = Buffer.concat([KERNEL, BLOB, BLOB])
    expect((await diagnosed([ofBytes('boot.img', both)])).notExamined[0]).toMatch(/2 device trees: .*'boot\.img#1'/)
    const named = await diagnosed([{ ...ofBytes('boot.img', both), tree: '2' }])
    expect(named.inputs[0]).toMatchObject({ file: 'boot.img#2', kind: 'tree' })
  })
  test('a kernel without one is no tree', async () => {
    expect((await diagnosed([ofBytes('zImage', KERNEL)])).examined).toBe(false)
    expect((await diagnosed([ofBytes('zImage.gz', gzipSync(KERNEL))])).notExamined[0]).toMatch(/neither text nor/)
  })
})

test('JSON for viewers with the text of a trace in it', async () => {
  const event = 'dma_map_page: soc:vpu dir=TO_DEVICE dma_addr=1000 size=64 phys_addr=1000 attrs='
  const text = `# tracer: nop\n           app-1       [000] .....     1.000000: ${event}\n`
  const one = await diagnosed([ofText('a', JSON.stringify({ traceEvents: [{ ph: 'X' }], systemTraceEvents: text }))])
  expect(one.inputs).toMatchObject([{ kind: 'trace', says: '2 lines, 1 event' }])
})

describe('a 32-bit kernel on a 64-bit board', () => {
  const banner = '[    0.0] Linux version 6.12.1-v7l+ (a@b) (arm-linux-gnueabihf-gcc-12) #1\n'
  test('is modelled as one', async () => {
    const one = await diagnosed([ofBytes('b.dtb', BLOB), ofText('d', banner + LOG)])
    expect(one.contradictions).toEqual([])
    expect(one.facts.map(({ text }) => text)).toContain('Linux 6.12.1-v7l+, a kernel of arm on a board of arm64')
    expect(one.answers[0]?.shown?.command ?? one.answers[0]?.experiments[0]?.command).toContain('--kernel arm@6.12')
  })
  test('a bundle runs on it', async () => {
    const files = [
      { name: 'dmalab-record/kernel/version', body: banner.slice(10) },
      { name: 'dmalab-record/devicetree/board.dtb', body: BLOB },
    ]
    expect(await readBundle(ofBytes('b.tar', tar(files)), await openLaboratory())).toMatchObject({ kernel: 'arm@6.12' })
  })
})

describe('a PC', () => {
  const IOMEM = `00000000-00000fff : Reserved
00001000-0009fbff : System RAM
00100000-7fffffff : System RAM
80000000-dfffffff : PCI Bus 0000:00
fed90000-fed90fff : dmar0
fee00000-fee00fff : Local APIC
100000000-47fffffff : System RAM
`
  const LSPCI = `00:02.0 VGA compatible controller: Intel Corporation UHD Graphics 630 (rev 02)
\tKernel driver in use: i915
03:00.0 Multimedia video controller: Conexant Systems, Inc. CX23885 (rev 04)
\tKernel driver in use: cx23885
`
  const DRIVERS = `platform serial8250 driver=serial8250 dma_mask_bits= consistent_dma_mask_bits= of=
pci 0000:00:02.0 driver=i915 dma_mask_bits=39 consistent_dma_mask_bits=39 of= class=0x030000
pci 0000:03:00.0 driver=cx23885 dma_mask_bits=32 consistent_dma_mask_bits=32 of= class=0x040000
`
  const GROUPS = 'group 0 type identity\n  device 0000:03:00.0\n'
  const FULL =
    '[    9.0] cx23885 0000:03:00.0: swiotlb buffer is full (sz: 4096 bytes), total 32768 (slots), used 32768 (slots)\n'
  const files = [
    { name: 'dmalab-record/kernel/version', body: 'Linux version 6.12.9 (a@b) (gcc 14) #1 SMP x86_64\n' },
    { name: 'dmalab-record/kernel/dmesg.txt', body: FULL },
    { name: 'dmalab-record/memory/iomem', body: IOMEM },
    { name: 'dmalab-record/devices/drivers', body: DRIVERS },
    { name: 'dmalab-record/iommu/groups', body: GROUPS },
  ]
  test.each([
    ['a bundle with lspci', [...files, { name: 'dmalab-record/devices/lspci', body: LSPCI }]],
    ['a bundle of a board without lspci', files],
  ])('%s becomes a board', async (_name, parts) => {
    const one = await diagnosed([ofBytes('pc.tar.gz', gzipSync(tar(parts)))])
    expect(one.facts.map(({ text }) => text)).toContain('a PC (x86_64)')
    expect(words(one)).toMatch(/0000:03:00\.0 reaches 2096764 KiB of 16776828 KiB \(mask of 32 bits\)/)
    const bundle = await readBundle(ofBytes('pc.tar.gz', gzipSync(tar(parts))), await openLaboratory())
    expect(bundle).toMatchObject({ kernel: 'x86_64@6.12' })
  })
  test('loose files do, too; a file of another machine or without addresses does not', async () => {
    const loose = await diagnosed([ofText('a', IOMEM), ofText('b', LSPCI), ofText('c', FULL)])
    expect(kinds(loose)).toEqual(['figures', 'functions', 'log', 'board'])
    const arm = await diagnosed([ofText('a', '40000000-7fffffff : System RAM\n80000000-80000fff : uart\n')])
    expect(kinds(arm)).toEqual(['figures'])
    const zeros = await diagnosed([ofText('a', IOMEM.replaceAll(/[0-9a-f]{8,9}-[0-9a-f]{8,9}/g, '00000000-00000000'))])
    expect(zeros.notExamined.join()).toMatch(/no board can be made of it: .*copy it as root/)
  })
})
