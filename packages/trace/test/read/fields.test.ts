// Events as name=value pairs: the `fields` option of ftrace, and trace-cmd where it cannot follow a format.
import { describe, expect, test } from 'vitest'
import { readBodies as read } from './lines.ts'

type Row = readonly [name: string, body: string, fields: Readonly<Record<string, unknown>>]

describe('bodies as fields', () => {
  test.each<Row>([
    [
      'dma_map_page',
      'device=dev phys_addr=0x42ab1000 (1118507008) dma_addr=0xfff00000 (4293918720) size=12345 dir=(2) attrs=0x100 (256)',
      { device: 'dev', dir: 2, dmaAddr: 0xfff0_0000, size: 12_345, physAddr: 0x42ab_1000, attrs: 256 },
    ],
    [
      'dma_unmap_page',
      'device=dev addr=0xfff00000 (4293918720) size=0x1000 (4096) dir=1 attrs=0',
      { device: 'dev', dir: 1, dmaAddr: 0xfff0_0000, size: 4096, attrs: 0 },
    ],
    [
      'dma_map_sg',
      'device=dev full_nents=12 full_ents=11 truncated=(1) phys_addrs=00,10,ab,42,00,00,00,00,00,20,ab,42,00,00,00,00 dma_addrs=00,00,f0,ff,00,00,00,00 lengths=00,20,00,00 dir=2 attrs=32',
      {
        device: 'dev',
        dir: 2,
        nents: 12,
        ents: 11,
        truncated: true,
        physAddrs: [0x42ab_1000, 0x42ab_2000],
        dmaAddrs: [0xfff0_0000],
        sizes: [8192],
        attrs: 32,
      },
    ],
    [
      'dma_map_sg',
      'device=dev full_nents=2 full_ents=1 truncated=0 phys_addrs=ARRAY[00, 10, ab, 42, 00, 00, 00, 00] dma_addrs=ARRAY[] lengths=ARRAY[] dir=1 attrs=0',
      {
        device: 'dev',
        dir: 1,
        nents: 2,
        ents: 1,
        truncated: false,
        physAddrs: [0x42ab_1000],
        dmaAddrs: [],
        sizes: [],
        attrs: 0,
      },
    ],
    [
      'dma_map_sg',
      'device=dev full_nents=2 full_ents=1 truncated=0 phys_addrs=00,10,ab,42,00,00,00,00',
      {
        device: 'dev',
        dir: 0,
        nents: 2,
        ents: 1,
        truncated: true,
        physAddrs: [0x42ab_1000],
        dmaAddrs: [],
        sizes: [],
        attrs: 0,
      },
    ],
    [
      'dma_unmap_sg',
      'device=dev addrs=00,10,ab,42,00,00,00,00 dir=1 attrs=0x20 (32)',
      { device: 'dev', dir: 1, physAddrs: [0x42ab_1000], attrs: 32 },
    ],
    [
      'dma_unmap_sg',
      'device=dev addrs=00,10,ab,42,00,00,00,00',
      { device: 'dev', dir: 0, physAddrs: [0x42ab_1000], attrs: 0, truncated: true },
    ],
    [
      'map',
      'iova=0xfff00000 (4293918720) paddr=0x42ab1000 (1118507008) size=0x2000 (8192)',
      { iova: 0xfff0_0000, end: 0xfff0_2000, physAddr: 0x42ab_1000, size: 8192 },
    ],
    [
      'unmap',
      'iova=0xfff00000 (4293918720) size=8192 unmapped_size=4096',
      { iova: 0xfff0_0000, end: 0xfff0_2000, size: 8192, unmappedSize: 4096 },
    ],
  ])('%s: %s', (name, body, fields) => {
    expect(read(`${name}: ${body}`)).toMatchObject({
      events: [{ event: name, ...fields }],
      summary: { damagedCount: 0 },
    })
  })
  test.each([
    'dma_map_page: device=dev phys_addr=0x1 (1) dma_addr=x size=1 dir=2 attrs=0',
    'dma_map_sg: device=dev full_nents=2 full_ents=1 dir=1 attrs=0',
    'dma_map_sg: device=dev full_nents=x full_ents=1 phys_addrs=00,10,ab,42,00,00,00,00 dir=1 attrs=0',
    'dma_map_sg: device=dev full_nents=1 full_ents=1 phys_addrs=00,10,ab,42,00,00,00,00 dir=x attrs=0',
    'dma_unmap_sg: device=dev addrs=00,10,ab,42,00,00,00,00 dir=x attrs=0',
    'dma_unmap_sg: device=dev dir=1 attrs=0',
    'vb2_qbuf: device=dev index=1',
  ])('%s is damage', (line) => {
    expect(read(line).summary).toMatchObject({ damagedCount: 1, gaps: 1 })
  })
})
