// Records, neighbours, call traces, and what an input may not do.
import { describe, expect, it } from 'vitest'
import { createKlogReader } from '../src/index.ts'
import { read } from './read.ts'

const ids = (log: string): readonly string[] => read(log).messages.map(({ id }) => id)
const first = (log: string): string => read(log).messages[0]?.cause ?? ''

describe('codes in words', () => {
  it.each([
    [
      'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x8, iova=0x9d000000, fsynr=0x11, cbfrsynra=0x401, cb=2',
      /stream 0x401.*write at IOVA 0x9d000000: no permission/,
    ],
    [
      'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x80000402, iova=0x0, fsynr=0x1, cb=0',
      /read at IOVA 0x0: not mapped \(translation fault\); more faults/,
    ],
    [
      'arm-smmu 15000000.apps-smmu: Unhandled context fault: iova=0x5000, cb=15, fsr=0x402, fsynr0=0x11, fsynr1=0x1',
      /context bank 15.*write at IOVA 0x5000: not mapped/,
    ],
    [
      'arm-smmu d00000.arm,smmu: Unhandled context fault: iova=0x5000, fsr=0x8, fsynr=0x11, cb=2',
      /write at IOVA 0x5000: no permission/,
    ],
    [
      'arm-smmu 12000000.iommu: Unhandled context fault: smmu0, iova=0x80000000, fsynr=0x1, cb=3, sid=84(0x54 - VIC), pgd=0',
      /stream 0x54.*read at IOVA 0x80000000/,
    ],
    [
      'arm-smmu 15000000.iommu: SOFTWARE TABLE WALK FAILED! Looks like 5900000.gpu accessed an unmapped address!',
      /5900000\.gpu: not mapped/,
    ],
    ['mc-err: (14) csr_display0a: EMEM address decode error', /client csr_display0a.*not memory/],
    ['[mcerr] (avp) avpcarm7r: Generalized carveout violation', /client avpcarm7r.*no permission/],
    [
      'PAGE FAULT occurred at 0x20500000 by 14600000.mfc(Page table base: 0x6c2c8000)',
      /14600000\.mfc at IOVA 0x20500000: not mapped/,
    ],
    ['AW SECURITY PROTECTION FAULT occurred at 0x1000 by fimc0(Page table base: 0x6)', /no permission \(security/],
    ['alloc_contig_range test_pages_isolated(2c000, 2c800) failed', /page frames 0x2c000-0x2c800 are pinned/],
    ['ehci-pci 0000:00:04.1: DMA-API: device driver maps memory fromstack [addr=ffff880138b13bd6]', /on the stack/],
    ['ehci-platform ff5c0000.usb: dma_pool_free ehci_qtd, dma 0xf0000040 already free', /pool ehci_qtd was misused/],
    ['virt_to_phys used for non-linear address: 00000000a1b2c3d4 (0xffff800012345678)', /dma_map_single\(\)/],
    ['qemu-system-x86_64: vfio_dma_map(0x557b, 0x380000000000, 0x1000000, 0x7f98) = -22 (Invalid argument)', /EINVAL/],
    ['arm-smmu-v3 9050000.smmuv3: event 0x02 received:', /C_BAD_STREAMID/],
    [
      'arm-smmu-v3 9050000.smmuv3: event: C_BAD_STE client: (unassigned sid) sid: 0x18 ssid: 0x0',
      /stream 0x18: C_BAD_STE, an invalid stream table entry/,
    ],
    ['arm-smmu-v3 9050000.smmuv3: CMDQ error (cons 0x01000003): Illegal command', /Illegal command/],
    [
      'DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0xffe00000 [fault reason 0x05] PTE Write access is not set',
      /device 03:00.0 tried a write at 0xffe00000: no permission to write/,
    ],
    [
      'DMAR: [DMA Read PASID 0x1] Request device [6a:01.0] fault addr 0x7f00 [fault reason 0x71] SM: Present bit in first-level paging entry is clear',
      /PASID 0x1 tried a read at 0x7f00: not mapped/,
    ],
    [
      'DMAR: [DMA Read] Request device [00:1f.2] fault addr bdf00000 [fault reason 12] non-zero reserved fields in PTE',
      /reserved bits are set in a page table entry/,
    ],
    [
      'DMAR: [INTR-REMAP] Request device [f0:1f.7] fault index 0x0 [fault reason 0x25] Blocked a compatibility format interrupt request',
      /old format/,
    ],
    [
      'AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:03:00.0 domain=0x000c address=0xfdf8020200 flags=0x0050]',
      /tried a read.*no permission/,
    ],
    [
      'iommu ivhd0: AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=00:00.0 pasid=0x00000 address=0xfffffffdf8000000 flags=0x0a00]',
      /invalid entry in the device table/,
    ],
    [
      'exynos-sysmmu 14650000.sysmmu: 14400000.fimc: [WRITE] ACCESS PROTECTION FAULT occurred at 0x20000000',
      /14400000.fimc tried a write at IOVA 0x20000000: no permission/,
    ],
    [
      'mtk-iommu 14016000.iommu: fault type=0x5 iova=0xfb8000000 pa=0x0 master=0x500041e(larb=0 port=7) layer=1 write',
      /port 7 of larb 0 tried a write at IOVA 0xfb8000000: not mapped/,
    ],
    [
      'apple-dart 231304000.iommu: translation fault: status:0x80000001 stream:1 code:0x1 (NO TTBR FOR IOVA) at 0xa0000000',
      /stream 1.*no page table/,
    ],
    ['ipmmu-vmsa fd800000.mmu: Unhandled fault: status 0x00000002 iova 0x40000000', /no permission/],
    [
      'virtio_iommu virtio1: domain fault from EP 16 at 0x1000 [W]',
      /endpoint 16 tried a write at IOVA 0x1000: the endpoint is attached to no domain/,
    ],
    [
      'omap-iommu 40d01000.mmu: 40d01000.mmu: errs:0x00000002 da:0x95000000 pgd:0xffffffc0 *pgd:px00000000',
      /not mapped/,
    ],
    [
      'tegra-mc 2c00000.memory-controller: nvdisplayr: read @0x00000000ffff0000: EMEM address decode error (SMMU translation error [R--])',
      /no permission: the page is mapped for reading only/,
    ],
  ])('%s', (line, says) => {
    expect(first(`[    1.0] ${line}\n`)).toMatch(says)
    expect(ids(`[    1.0] ${line}\n`)).toHaveLength(1)
  })
  it('the words of an SMMUv3 event belong to it', () => {
    const at = '[   12.1] arm-smmu-v3 9050000.smmuv3: '
    const words = [
      'event 0x13 received:',
      '\t0x0000030000000013',
      '\t0x0000020800000000',
      '\t0x00000000fffff000',
      '\t0x00000001dbe2f000',
    ]
    expect(first(words.map((word) => at + word).join('\n'))).toMatch(
      /stream 0x300: read at IOVA 0xfffff000: F_PERMISSION/,
    )
  })
})

describe('neighbours', () => {
  it('a driver that got no memory points to what refused it', () => {
    const log =
      '[1.0] cma: cma_alloc: alloc failed, req-size: 1846 pages, ret: -12\n[1.1] a b: dma alloc of size 7561216 failed\n'
    expect(read(log).messages[1]?.cause).toContain('CMA had no run')
  })
  it('a region without a pool is harmless only behind cma= on the command line', () => {
    expect(read('[0.0] OF: reserved mem: node cam compatible matching fail\n').messages[0]?.kind).toBe('problem')
  })
  it('the text of a dma-debug warning is the problem, its call trace a note', () => {
    const log = [
      'DMA-API: drv dev: device driver frees DMA memory with different size [x]',
      'WARNING: CPU: 0 PID: 1 at kernel/dma/debug.c:973 check_unmap+0x1f8/0x9c4',
      'pc : check_unmap+0x1f8/0x9c4',
      'Call trace:',
      ' check_unmap+0x1f8/0x9c4',
      ' debug_dma_unmap_page+0xa4/0xb4',
      ' my_poll+0x200/0x5a0 [my]',
    ]
    expect(read(log.map((line) => `[1.0] ${line}`).join('\n')).messages.map(({ id, kind }) => [id, kind])).toEqual([
      ['dma-debug-unmap-size', 'problem'],
      ['dma-debug-trace', 'note'],
    ])
  })
})

describe('call traces', () => {
  const oops = (...functions: string[]): string =>
    [
      'Unable to handle kernel paging request at virtual address ffff000012345678',
      'Internal error: Oops: 96000006 [#1] SMP',
      ...functions,
    ]
      .map((line) => `[    1.0] ${line}`)
      .join('\n')
  it('a fault elsewhere is not ours', () => {
    const [only, ...more] = read(
      oops('pc : ext4_readdir+0x10/0x20', 'lr : iterate_dir+0x8/0x20', 'Call trace:', ' ext4_readdir+0x10/0x20'),
    ).messages
    expect([only?.id, only?.kind, more]).toEqual(['fault-paging', 'note', []])
  })
  it('a copy is ours below swiotlb only', () => {
    const trace = ['pc : __pi_memcpy+0x10/0x20', 'lr : x+0x8/0x20', 'Call trace:', ' __pi_memcpy+0x10/0x20']
    expect(ids(oops(...trace, ' pipe_write+0x10/0x20'))).toEqual(['fault-paging'])
    expect(ids(oops(...trace, ' swiotlb_bounce+0x10/0x20', ' swiotlb_tbl_map_single+0x8/0x20'))).toEqual([
      'oops-bounce-copy',
    ])
  })
  it('ARM unwinds its own way', () => {
    const log = [
      'Unable to handle kernel paging request at virtual address a5a5a5a4',
      'PC is at v7_dma_inv_range+0x28/0x48',
      'LR is at dma_cache_maint_page+0x8c/0x10c',
      '[<c0112a34>] (v7_dma_inv_range) from [<c0115678>] (__dma_page_dev_to_cpu+0x38/0x120)',
    ].join('\n')
    expect(ids(log)).toEqual(['oops-cache-maintenance'])
  })
  it('registers without a fault say nothing', () => {
    expect(ids('[1.0] pc : swiotlb_bounce+0x140/0x14c\n')).toEqual([])
  })
})

describe('what is not known', () => {
  it('is listed with its subsystem, once a shape', () => {
    const log = [1, 2, 3].map((n) => `[1.${n}] DMAR: something new went wrong on unit ${n}\n`).join('')
    expect(read(log).notUnderstood).toMatchObject([
      { subsystem: 'Intel IOMMU (drivers/iommu/intel)', count: 3, lines: [1, 2, 3] },
    ])
  })
  it.each([
    'random: crng init done',
    'usb 1-1: new high-speed USB device number 2 using xhci_hcd',
    'dmaengine: failed to allocate channel for DMA',
    'bcm2835-dma fe007000.dma: Could not allocate a DMA channel',
    'EXT4-fs error (device sda1): ext4_find_entry: failed to read block',
    'foo: memory allocation failed',
    'nvme nvme0: I/O 5 QID 3 timeout, aborting',
    'audit: type=1400 no memory buffer',
  ])('%s: nothing is claimed', (line) => {
    expect(read(`[    1.0] ${line}\n`)).toMatchObject({ messages: [], notUnderstood: [] })
  })
})

describe('an input', () => {
  it('may come in any pieces', () => {
    const log = '[1.0] contiguous chunk is too small 4096/691200\r\n[1.1] failed to map scatterlist\r\n'
    const reader = createKlogReader()
    for (const byte of new TextEncoder().encode(log)) reader.push(Uint8Array.of(byte))
    expect(reader.end()).toEqual(read(log))
  })
  it.each(['myapp[1234]: allocation of dma buffer failed', 'audit: dma mask failed test'])(
    'takes what a program wrote for no driver: %s',
    (line) => {
      const { messages, notUnderstood } = read(`[   12.345678] ${line}\n`)
      expect(messages).toEqual([])
      expect(notUnderstood).toMatchObject([{ subsystem: 'a program, not the kernel' }])
    },
  )
  it('has no control characters in the report', () => {
    const log = '[1.0] a\u001b]0;t\u0007b: contiguous chunk is too small 4096/691200\u001b[31m\u009b\u202e\n'
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(JSON.stringify(read(log).messages)).not.toMatch(/\\u00[019]|[\u0000-\u001f\u007f-\u009f\u202e]/)
  })
  it('a flood that differs in its numbers stays short', () => {
    const flood = Array.from(
      { length: 500 },
      (_, used) => `[1.0] a b: swiotlb buffer is full (sz: 4096 bytes), total 9999 (slots), used ${used} (slots)`,
    )
    const { messages } = read(flood.join('\n'))
    expect(messages.length).toBeLessThan(20)
    expect(messages.reduce((sum, { count }) => sum + count, 0)).toBe(500)
  })
  it.each([
    ['one line without an end', 'swiotlb buffer is full (sz: '.repeat(200_000)],
    ['brackets', '['.repeat(2_000_000)],
    ['quote marks', '> '.repeat(1_000_000)],
    ['dots and digits', '1.1.'.repeat(500_000)],
    ['short lines', 'DMAR: \n'.repeat(20_000)],
    ['functions', `Unable to handle kernel x at virtual address 0\n${'a+0x1/0x2 '.repeat(50)}\n`.repeat(2000)],
  ])('cannot make it slow: %s', (_, log) => {
    expect(read(log).lines).toBeGreaterThan(0)
  })
})

describe('what mail programs do', () => {
  it("joins a driver's own words that were wrapped", () => {
    const log = '[    3.1] mv_xor f1060800.xor: Platform does not support the\nrequested DMA mask\n[    3.2] done\n'
    expect(ids(log)).toEqual(['mask-refused'])
    expect(
      ids('[    3.1] mv_xor f1060800.xor: Platform does not support the\n[    3.2] a: requested DMA mask\n'),
    ).toEqual([])
  })
  it('decodes quoted-printable, and leaves other equals signs alone', () => {
    const log =
      'arm-smmu b40000.iommu: Unhandled context fault: fsr=3D0x408, iova=3D0x=\n1003000, fsynr=3D0x13, cb=3D0\n'
    expect(first(log)).toMatch(/write at IOVA 0x1003000/)
    const lines: string[] = []
    const reader = createKlogReader((text) => lines.push(text))
    reader.push('attrs=\nnext\n')
    reader.end()
    expect(lines).toEqual(['attrs=', 'next'])
  })
})
