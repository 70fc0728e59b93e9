// What inputs say together: a fault with the mappings of a trace, a request with the figures of CMA, a device with its tree.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { diagnosed, kinds, ofFile, ofText, words } from './diagnose-files.ts'

const BOARDS = join(import.meta.dirname, '../../../shared/boards')
const CASES = join(BOARDS, '../field/cases')
const there = existsSync(BOARDS)
const dtc = spawnSync('dtc', ['--version']).status === 0
const FAULT =
  '[   12.1] arm-smmu 5000000.iommu: Unhandled context fault: fsr=0x402, iova=0x80181040, fsynr=0x11, cb=3\n'

describe('joins', () => {
  const trace = (events: readonly string[]): string =>
    events.map((event, at) => `           app-1       [000] .....     ${at + 1}.000000: ${event}\n`).join('')
  const MAP = 'dma_map_page: soc:vpu dir=FROM_DEVICE dma_addr=80180000 size=4096 phys_addr=1000 attrs='
  const UNMAP = 'dma_unmap_page: soc:vpu dir=FROM_DEVICE dma_addr=80180000 size=4096 attrs='
  test.each([
    ['behind a mapping', [MAP], '80180fff', /inside a live mapping/],
    ['behind the end', [MAP], '80181040', /lies 64 B behind the end of a mapping.*line 1/],
    ['after unmap', [MAP, UNMAP], '80180040', /unmapped in line 2: use after unmap/],
    ['nowhere near', [MAP], '10000000', /^(?!.*mapping: )/],
  ])('an IOMMU fault %s', async (_name, events, iova, says) => {
    const one = await diagnosed([ofText('t', trace(events)), ofText('d', FAULT.replace('80181040', iova))])
    const answer = one.answers.find(({ id }) => id === 'smmu-context-fault')
    expect(answer?.what.join('\n')).toMatch(says)
  })
  test('a request beside the figures of CMA', async () => {
    const log = '[    9.0] cma: cma_alloc: reserved: alloc failed, req-size: 20250 pages, ret: -12\n'
    const small = await diagnosed([
      ofText('d', log),
      ofText('m', 'MemTotal:  1000000 kB\nCmaTotal:   65536 kB\nCmaFree:  60000 kB\n'),
    ])
    expect(small.answers[0]).toMatchObject({ certainty: 'certain' })
    expect(words(small)).toMatch(/79\.1 MiB are asked for, and all of CMA is 64 MiB/)
    const used = await diagnosed([
      ofText('d', log),
      ofText('m', 'MemTotal:  1000000 kB\nCmaTotal:   262144 kB\nCmaFree:  1024 kB\n'),
    ])
    expect(words(used)).toMatch(/1 MiB of 256 MiB were free when the figures were taken: the area is used up/)
  })
  test('what was bounced, and what CMA refused, in a trace alone', async () => {
    const one = await diagnosed([
      ofText(
        't',
        trace([
          'swiotlb_bounced: dev_name: soc:vpu dma_mask=ffffffff dev_addr=180180000 size=4096 NORMAL',
          'cma_alloc_finish: name=reserved pfn=0x0 page=0000000000000000 count=2048 align=8 errorno=-16',
        ]),
      ),
    ])
    expect(one.notes.map(({ what }) => what)).toEqual([
      '1 of 1 mappings of soc:vpu were bounced: its mask has 32 bits; each is a copy by the CPU',
    ])
    expect(one.answers[0]?.what.join()).toMatch(/2048 pages, but pages in it are pinned.*-EBUSY/)
  })

  const PI = join(BOARDS, 'bcm2711-rpi-4-b.dtb')
  test.skipIf(!there)(
    'a tree without memory takes that of the log; devices go by the address that the CPU sees',
    async () => {
      const log = [
        '[    0.000000] Linux version 6.1.21-v8+ (dom@buildbot) (gcc) #1642',
        '[    0.000000] Machine model: Raspberry Pi 4 Model B Rev 1.4',
        '[    0.000000]   node   0: [mem 0x0000000000000000-0x000000003b3fffff]',
        '[    0.000000]   node   0: [mem 0x0000000040000000-0x00000000fbffffff]',
        '[   10.000000] xhci_hcd fd500000.pcie: swiotlb buffer is full (sz: 262144 bytes), total 32768 (slots), used 6 (slots)',
        '',
      ].join('\n')
      const one = await diagnosed([ofText('dmesg', log), ofFile(PI)])
      expect(one.contradictions).toEqual([])
      expect(words(one)).toMatch(/fd500000\.pcie is \/scb\/pcie@7d500000 of the tree[^]*reaches 2996 MiB of 3956 MiB/)
      expect(one.answers[0]?.experiments[0]?.command).toContain('--memory 994050048@0x0 --memory 3154116608@0x40000000')
    },
  )
  test.skipIf(!there)('a trace of devices of the board can be replayed there', async () => {
    const events = [MAP, UNMAP.replace('4096', '2048')].map((event) => event.replace('soc:vpu', '38310000.video-codec'))
    const one = await diagnosed([ofText('my trace', trace(events)), ofFile(join(BOARDS, 'imx8mp-evk.dtb'))])
    expect(one.answers[0]?.experiments.map(({ command }) => command.replace(BOARDS, ''))).toEqual([
      "dmalab trace replay 'my trace' --board /imx8mp-evk.dtb --kernel arm64@6.12",
    ])
  })
  test.skipIf(!existsSync(CASES))(
    'a driver that says twice what it did not get, and its pool above its mask',
    async () => {
      const log = [
        '[    3.2] u-dma-buf udmabuf@0: dma_alloc_coherent(size=67108864) failed. return(0)',
        '[    3.3] u-dma-buf udmabuf@0: driver setup failed. return=-12',
        '',
      ].join('\n')
      const one = await diagnosed([ofText('dmesg', log), ofFile(join(CASES, '03-high-cma/board.dtb'))])
      expect(one.answers.map(({ certainty }) => certainty)).toEqual(['certain'])
      expect(one.answers[0]?.shown?.detail).toContain('ddr4_buf@0')
    },
  )
  test.skipIf(!there || !dtc)('an overlay beside its tree, as source (skipped where there is no dtc)', async () => {
    const one = await diagnosed([ofFile(join(CASES, '../cases/cma.dtso')), ofFile(PI)], { memory: ['4GiB@0'] })
    expect(kinds(one)).toContain('tree')
    expect(one.inputs.find(({ kind }) => kind === 'tree')?.says).toMatch(/with .*cma\.dtso/)
    expect((await diagnosed([ofFile(join(CASES, '../cases/cma.dtso'))])).notExamined.join()).toMatch(/needs the tree/)
  })
})
