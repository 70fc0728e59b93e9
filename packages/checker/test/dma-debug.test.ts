// dma-debug's matching rules, order and texts, per release; the real logs are in tests/log.
import { DIR, type EventBody, type KernelText } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { alloc, check, codes, free, map, mapSg, RAM, SESSION, sync, syncSg, texts, unmap, unmapSg } from './events.ts'

const A = '0x0000000040000000'
const on = (kernelText: KernelText): { kernelText: KernelText } => ({ kernelText })

describe('unmap', () => {
  it('all differences of one call are reported, in the order of the kernel', () => {
    expect(codes([map(RAM), free(RAM, { size: 8192 })])).toEqual(['unmap-size', 'unmap-function', 'unmap-direction'])
  })
  it('two equal mappings of one address are told apart by a perfect fit', () => {
    expect(codes([map(RAM), map(RAM, { size: 512 }), unmap(RAM, { size: 512 }), unmap(RAM)])).toEqual([])
  })
  it('several candidates without a perfect fit count as none', () => {
    expect(codes([map(RAM), map(RAM, { size: 512 }), unmap(RAM, { size: 100 })])).toContain('unmap-not-mapped')
  })
  it('an unmap with too few entries speaks once an entry and leaves the rest behind', () => {
    const list = [RAM, RAM + 0x2000, RAM + 0x4000, RAM + 0x6000]
    const { findings } = check([mapSg(list), unmapSg(list.slice(0, 3))])
    expect(findings.map(({ code }) => code)).toEqual(['unmap-sg-count'])
    expect(findings[0]?.kernelText).toEqual(
      Array.from(
        { length: 3 },
        () => 'device driver frees DMA sg list with different entry count [map count=4] [unmap count=3]',
      ),
    )
  })
  it('an unmap inside a live mapping names it', () => {
    expect(check([map(RAM), unmap(RAM + 64, { size: 64 })]).findings[0]?.message).toContain('of step 1 is live there')
  })
})

describe('dma_mapping_error', () => {
  const asked: EventBody = { event: 'dma_mapping_error', device: 'dev', dmaAddr: RAM }
  it('is missed only in a stream that shows it elsewhere', () => {
    expect(codes([map(RAM), unmap(RAM)])).toEqual([])
    expect(codes([map(RAM), asked, unmap(RAM), map(RAM), unmap(RAM)])).toEqual(['unchecked-mapping-error'])
  })
})

describe('sync', () => {
  it('may be anywhere inside a mapping, and nowhere else', () => {
    expect(
      codes([map(RAM, { size: 0x1_0000 }), sync('cpu', RAM + 0x8000, { size: 64 }), unmap(RAM, { size: 0x1_0000 })]),
    ).toEqual([])
    expect(codes([map(RAM), sync('device', RAM + 4000, { size: 200 }), unmap(RAM)])).toEqual(['sync-not-mapped'])
  })
  it('4.11 looks back only as far as the largest segment of the device', () => {
    const size = 0x10_0000
    const events = [map(RAM, { size }), sync('cpu', RAM + 0xf_0000, { size: 64 }), unmap(RAM, { size })]
    expect(codes(events, on('6.12'))).toEqual([])
    expect(codes(events, on('4.11'))).toEqual(['sync-not-mapped'])
  })
  it('a bidirectional mapping is not compared further', () => {
    const bidi = { dir: DIR.BIDIRECTIONAL }
    expect(
      codes([map(RAM, bidi), sync('cpu', RAM), sync('device', RAM, { dir: DIR.FROM_DEVICE }), unmap(RAM, bidi)]),
    ).toEqual([])
  })
  it('of a list with too few entries is reported once an entry, unless it is bidirectional', () => {
    const list = [RAM, RAM + 0x2000, RAM + 0x4000]
    expect(codes([mapSg(list), syncSg('device', list.slice(0, 2)), unmapSg(list)])).toEqual(['sync-sg-count'])
    const bidi = { dir: DIR.BIDIRECTIONAL }
    expect(codes([mapSg(list, bidi), syncSg('device', list.slice(0, 2), bidi), unmapSg(list, bidi)])).toEqual([])
  })
})

describe('map', () => {
  it('segments are compared with what the device takes, where a session says so; 4.11 does not look', () => {
    const list = mapSg([RAM + 0x8000], { size: 0x1_2000 })
    expect(texts([list], on('6.12')).slice(0, 2)).toEqual([
      'mapping sg segment longer than device claims to support [len=73728] [max=65536]',
      'mapping sg segment across boundary [start=0x0000000040008000] [end=0x0000000040019fff] [boundary=0x000000000000ffff]',
    ])
    expect(codes([list], on('4.11'))).toEqual(['live-at-end'])
    expect(codes([list], { ...on('6.12'), session: undefined })).toEqual(['live-at-end'])
  })
  it('RAM mapped as a resource is noticed from 6.18 on', () => {
    const resource: EventBody = { ...map(RAM), event: 'dma_map_resource' } as EventBody
    expect(codes([resource], on('7.3'))).toContain('map-resource-ram')
    expect(codes([resource], on('6.12'))).not.toContain('map-resource-ram')
  })
  it('where memory lies decides, when the run says so', () => {
    const at = (area: 'stack' | 'stack-page' | 'text' | 'invalid' | 'vmalloc' | 'zone-device'): EventBody =>
      ({ ...map(RAM), area }) as EventBody
    expect(
      texts([at('stack'), at('stack-page'), at('text'), at('invalid'), at('vmalloc')], on('6.12')).slice(0, 5),
    ).toEqual([
      'device driver maps memory from stack [addr=0x40000000]',
      'device driver maps memory from stack [probable addr=0x40000000]',
      'device driver maps memory from kernel text or rodata [addr=0x40000000] [len=4096]',
      'device driver maps memory from invalid area [addr=0x40000000] [len=4096]',
      'device driver maps memory from vmalloc area [addr=0x40000000] [len=4096]',
    ])
    expect(codes([at('invalid')], on('4.11'))).toEqual(['live-at-end'])
    expect(codes([at('zone-device')])).toContain('map-zone-device')
  })
  it('every entry of a list has a cache line of its own, which its unmap frees', () => {
    const from = { dir: DIR.FROM_DEVICE }
    const list = [RAM, RAM + 0x2000]
    const { findings } = check([mapSg(list, from), map(RAM + 0x2000, { ...from, size: 64 })])
    expect(findings[0]?.code).toBe('cacheline-overlap')
    expect(findings[0]?.message).toContain('0x40002000')
    const twice = check([mapSg(list, from), mapSg(list, from)], on('6.12')).findings
    expect(twice.map(({ code, kernelText }) => [code, kernelText?.length])).toEqual([
      ['cacheline-overlap', 2],
      ['live-at-end', undefined],
    ])
    expect(codes([mapSg(list, from), unmapSg(list, from), mapSg(list, from), unmapSg(list, from)])).toEqual([])
  })
  it('the eighth overlap of a cache line overflows its counter', () => {
    const from = { dir: DIR.FROM_DEVICE, size: 64 }
    const many = (count: number): readonly EventBody[] => Array.from({ length: count }, () => map(RAM, from))
    expect(codes(many(8))).not.toContain('cacheline-overlap-overflow')
    expect(codes(many(9))).toContain('cacheline-overlap-overflow')
  })
})

describe('texts per release', () => {
  const wrongFunction = [map(RAM), { ...unmap(RAM), event: 'dma_unmap_resource' } as EventBody]
  const cpuAddress = [
    alloc(RAM, { virtAddr: '0xa', physAddr: RAM }),
    alloc(RAM + 0x8000, { virtAddr: '0xb', physAddr: RAM + 0x8000 }),
    free(RAM, { virtAddr: '0xb' }),
  ]
  const list = [RAM, RAM + 0x2000]
  const listAsPage = [mapSg(list), unmap(RAM)]
  const LONG = '0x0000000040000000] [cpu free address=0x0000000040008000'
  const TWICE = '0x0x0000000040000000] [cpu free address=0x0x0000000040008000'
  const EXPECTED: Readonly<Record<KernelText, readonly [string, string, string]>> = {
    '4.11': ['page] [unmapped as resource', LONG, 'scather-gather] [unmapped as page'],
    '5.10': ['single] [unmapped as resource', LONG, 'scather-gather] [unmapped as single'],
    '5.15': ['single] [unmapped as resource', LONG, 'scather-gather] [unmapped as single'],
    '6.1': ['single] [unmapped as resource', LONG, 'scather-gather] [unmapped as single'],
    '6.6': ['single] [unmapped as resource', LONG, 'scather-gather] [unmapped as single'],
    '6.12': ['single] [unmapped as resource', TWICE, 'scatter-gather] [unmapped as single'],
    '6.18': ['', TWICE, 'scatter-gather] [unmapped as phy'],
    '7.2': ['', TWICE, 'scatter-gather] [unmapped as phy'],
    '7.3': ['', TWICE, 'scatter-gather] [unmapped as phy'],
  }
  for (const [release, [types, address, sg]] of Object.entries(EXPECTED)) {
    const options = on(release as KernelText)
    it(`${release} names types and addresses its own way`, () => {
      expect(texts(wrongFunction, options)[0]).toBe(
        release === '6.18'
          ? undefined
          : types === ''
            ? `device driver frees DMA memory with different attributes [device address=${A}] [size=4096 bytes] [mapped with 0x0] [unmapped with 0x400]`
            : `device driver frees DMA memory with wrong function [device address=${A}] [size=4096 bytes] [mapped as ${types}]`,
      )
      expect(texts(cpuAddress, { ...options, session: { ...SESSION, physAddrBits: 64 } })[0]).toBe(
        `device driver frees DMA memory with different CPU address [device address=${A}] [size=8192 bytes] [cpu alloc address=${address}]`,
      )
      expect(texts(listAsPage, options)[0]).toBe(
        `device driver frees DMA memory with wrong function [device address=${A}] [size=4096 bytes] [mapped as ${sg}]`,
      )
    })
  }
  it('is that of the session, of the release that a log names, or what its events prove', () => {
    const chosen = (...bodies: readonly EventBody[]): readonly unknown[] => {
      const { kernelText, unknownRelease } = check(bodies, { session: undefined }).summary
      return [kernelText, unknownRelease]
    }
    const of = (release: string): EventBody => ({ event: 'kernel_release', release })
    const phys = { ...map(RAM), event: 'dma_map_phys' } as EventBody
    expect(check([], { session: { ...SESSION, dmaDebug: '5.10' } }).summary.kernelText).toBe('5.10')
    expect(chosen(map(RAM))).toEqual(['6.12', undefined])
    expect(chosen(phys)).toEqual(['7.3', undefined])
    expect(chosen(of('6.18.3'), phys)).toEqual(['6.18', undefined])
    expect(chosen(of('6.12.117-lab'))).toEqual(['6.12', undefined])
  })
  it('of a release that is not known is that of the nearest one before it, and the summary says so', () => {
    const chosen = (release: string): readonly unknown[] => {
      const { kernelText, unknownRelease } = check([{ event: 'kernel_release', release }], {
        session: undefined,
      }).summary
      return [kernelText, unknownRelease]
    }
    expect(chosen('6.6.30')).toEqual(['6.6', undefined])
    expect(chosen('6.9.3')).toEqual(['6.6', '6.9.3'])
    expect(chosen('8.0')).toEqual(['7.3', '8.0'])
    expect(chosen('3.2')).toEqual(['4.11', '3.2'])
    expect(chosen('next')).toEqual(['6.12', 'next'])
  })
})

describe('texts of a sync', () => {
  it('name the address of the sync and the size of the mapping', () => {
    expect(texts([map(RAM), sync('device', RAM + 64, { size: 64, dir: DIR.FROM_DEVICE })], on('6.12'))[0]).toBe(
      'device driver syncs DMA memory with different direction [device address=0x0000000040000040] [size=4096 bytes] [mapped with DMA_TO_DEVICE] [synced with DMA_FROM_DEVICE]',
    )
  })
})

describe('a log', () => {
  const log = { session: undefined }
  const busy = Array.from({ length: 6 }, (_, n) => [map(RAM + n * 4096), unmap(RAM + n * 4096)]).flat()
  const by = (event: EventBody, interrupt: boolean): EventBody => Object.assign({}, event, { pid: 7, interrupt })
  const unknownAddr = 0x7000_0000

  it('an unmap that nothing explains is an error when a task that maps for the device does it, once', () => {
    const mapped = busy.map((event) => by(event, false))
    expect(codes([...mapped, by(unmap(unknownAddr), false)], log)).toEqual(['unmap-not-mapped'])
    expect(codes([...mapped, by(unmap(unknownAddr), true)], log)).toEqual(['unmap-before-log'])
    expect(codes([...mapped, by(unmap(unknownAddr), false), by(unmap(unknownAddr + 4096), false)], log)).toEqual([
      'unmap-before-log',
    ])
    expect(codes([by(unmap(unknownAddr), false), ...mapped], log)).toEqual(['unmap-before-log'])
  })
  it('after a gap nothing unknown is an error, and nothing is compared with what was before', () => {
    const lost: EventBody = { event: 'lost', count: 3 }
    expect(codes([map(RAM), lost, unmap(RAM, { size: 512 })], log)).toEqual(['unmap-before-log', 'log-incomplete'])
    expect(codes([map(RAM), unmap(RAM), lost, unmap(RAM)], log)).toEqual(['unmap-before-log', 'log-incomplete'])
  })
  it('with more live mappings than are followed is not compared with what was forgotten, and says so', () => {
    const many = Array.from({ length: 7 }, (_, index) => map(RAM + index * 0x2000))
    const { findings, summary } = check([...many, unmap(RAM, { size: 512 }), unmap(RAM + 6 * 0x2000)], {
      ...log,
      follow: 5,
    })
    expect(findings.map(({ code, evidence }) => [code, evidence])).toEqual([
      ['unmap-before-log', [8]],
      ['tracking-limit', [6]],
    ])
    expect(summary).toMatchObject({ complete: false, live: 0, notFollowed: 6 })
  })
  it('a marker that names a device unbinds that one only', () => {
    const events = [map(RAM), map(RAM, { device: 'other' }), { event: 'marker', text: 'unbound dev' } as const]
    expect(codes(events, log)).toEqual(['unbind-pending', 'leak-mapping', 'live-at-end'])
  })
  it('a driver that lets go of its device leaves what it mapped, and that of no other device', () => {
    const gone: EventBody = { event: 'driver_unbound', device: 'dev' }
    expect(codes([map(RAM), map(RAM, { device: 'dev.left' }), gone], log)).toEqual([
      'unbind-pending',
      'leak-mapping',
      'live-at-end',
    ])
  })
  it('a device that leaves its IOMMU group is gone', () => {
    const gone: EventBody = { event: 'remove_device_from_group', group: 1, device: 'dev' }
    expect(codes([map(RAM), gone], log)).toEqual(['unbind-pending', 'leak-mapping'])
  })
  it('memory handed out twice came from a pool whose frees are not traced', () => {
    const { findings, summary } = check([alloc(RAM), alloc(RAM), alloc(RAM)], log)
    expect(findings.map(({ code }) => code)).toEqual(['live-at-end'])
    expect(summary.untracedFrees).toBe(2)
  })
})
