// Every check of dma-debug, by the id of the kernel facts, in every dialect: which release prints it, and how.
import { ATTR, DIR, KERNEL_TEXTS, type EventBody, type KernelText } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createChecker, framedKernelText } from '../src/index.ts'
import { alloc, check, free, map, mapSg, RAM, SESSION, sync, syncSg, texts, unmap, unmapSg } from './events.ts'

const ALL = KERNEL_TEXTS
const NOT_2017 = ALL.filter((release) => release !== '4.11')
const SINCE_5_15 = NOT_2017.filter((release) => release !== '5.10')
const BEFORE_6_12: readonly KernelText[] = ['4.11', '5.10', '5.15', '6.1', '6.6']
const SINCE_6_18: readonly KernelText[] = ['6.18', '7.2', '7.3']
const SINCE_7_2: readonly KernelText[] = ['7.2', '7.3']

const A = '[device address=0x0000000040000000]'
const FROM = { dir: DIR.FROM_DEVICE }
const resource = (place: Parameters<typeof map>[1] = {}): EventBody =>
  ({ ...map(RAM, place), event: 'dma_map_resource' }) as EventBody
const inArea = (area: string): EventBody => ({ ...map(RAM), area }) as EventBody
const asked: EventBody = { event: 'dma_mapping_error', device: 'dev', dmaAddr: RAM + 0x9000 }
const blocks = [
  alloc(RAM, { virtAddr: '0xa', physAddr: RAM }),
  alloc(RAM + 0x8000, { virtAddr: '0xb', physAddr: RAM + 0x8000 }),
]
const two = [RAM, RAM + 0x2000]
const list = (release: KernelText): string => (BEFORE_6_12.includes(release) ? 'scather-gather' : 'scatter-gather')
const page = (release: KernelText): string =>
  release === '4.11' ? 'page' : SINCE_6_18.includes(release) ? 'phy' : 'single'

interface Check {
  readonly id: string
  readonly events: readonly EventBody[]
  readonly text: string | ((release: KernelText) => string)
  readonly releases: readonly KernelText[]
}
const CHECKS: readonly Check[] = [
  {
    id: 'U1 error cookie',
    events: [unmap(2 ** 64)],
    text: 'device driver tries to free an invalid DMA memory address',
    releases: ALL,
  },
  {
    id: 'U2 not allocated',
    events: [map(RAM), unmap(RAM), unmap(RAM)],
    text: `device driver tries to free DMA memory it has not allocated ${A} [size=4096 bytes]`,
    releases: ALL,
  },
  {
    id: 'U3 size',
    events: [map(RAM), unmap(RAM, { size: 512 })],
    text: `device driver frees DMA memory with different size ${A} [map size=4096 bytes] [unmap size=512 bytes]`,
    releases: ALL,
  },
  {
    id: 'U4 function',
    events: [mapSg([RAM]), unmap(RAM)],
    text: (release) =>
      `device driver frees DMA memory with wrong function ${A} [size=4096 bytes] [mapped as ${list(release)}] [unmapped as ${page(release)}]`,
    releases: ALL,
  },
  {
    id: 'U4 function, of a resource',
    events: [resource(), unmap(RAM)],
    text: (release) =>
      `device driver frees DMA memory with wrong function ${A} [size=4096 bytes] [mapped as resource] [unmapped as ${page(release)}]`,
    releases: ALL.filter((release) => !SINCE_6_18.includes(release)),
  },
  {
    id: 'U5 CPU address',
    events: [...blocks, free(RAM, { virtAddr: '0xb' })],
    text: (release) => {
      const [of, instead] = BEFORE_6_12.includes(release)
        ? ['0x0000000040000000', '0x0000000040008000']
        : ['0x0x40000000', '0x0x40008000']
      return `device driver frees DMA memory with different CPU address ${A} [size=8192 bytes] [cpu alloc address=${of}] [cpu free address=${instead}]`
    },
    releases: ALL,
  },
  {
    id: 'U6 entries of a list',
    events: [mapSg(two), unmapSg([RAM])],
    text: 'device driver frees DMA sg list with different entry count [map count=2] [unmap count=1]',
    releases: ALL,
  },
  {
    id: 'U7 direction',
    events: [map(RAM), unmap(RAM, FROM)],
    text: `device driver frees DMA memory with different direction ${A} [size=4096 bytes] [mapped with DMA_TO_DEVICE] [unmapped with DMA_FROM_DEVICE]`,
    releases: ALL,
  },
  {
    id: 'U8 no dma_mapping_error()',
    events: [asked, map(RAM), unmap(RAM)],
    text: (release) => `device driver failed to check map error${A} [size=4096 bytes] [mapped as ${page(release)}]`,
    releases: ALL,
  },
  {
    id: 'U9 attributes',
    events: [map(RAM, { attrs: ATTR.PRIVILEGED }), unmap(RAM)],
    text: `device driver frees DMA memory with different attributes ${A} [size=4096 bytes] [mapped with 0x200] [unmapped with 0x0]`,
    releases: SINCE_7_2,
  },
  {
    id: 'S1 not allocated',
    events: [map(RAM), unmap(RAM), sync('cpu', RAM)],
    text: `device driver tries to sync DMA memory it has not allocated ${A} [size=4096 bytes]`,
    releases: ALL,
  },
  {
    id: 'S1 instead of S2: a range that no entry holds whole counts as not allocated',
    events: [map(RAM), sync('cpu', RAM, { size: 8192 })],
    text: `device driver tries to sync DMA memory it has not allocated ${A} [size=8192 bytes]`,
    releases: ALL,
  },
  {
    id: 'S3 direction',
    events: [map(RAM), sync('device', RAM, { dir: DIR.BIDIRECTIONAL })],
    text: `device driver syncs DMA memory with different direction ${A} [size=4096 bytes] [mapped with DMA_TO_DEVICE] [synced with DMA_BIDIRECTIONAL]`,
    releases: ALL,
  },
  {
    id: 'S4 read-only for the CPU',
    events: [map(RAM), sync('cpu', RAM, FROM)],
    text: `device driver syncs device read-only DMA memory for cpu ${A} [size=4096 bytes] [mapped with DMA_TO_DEVICE] [synced with DMA_FROM_DEVICE]`,
    releases: ALL,
  },
  {
    id: 'S5 write-only for the device',
    events: [map(RAM, FROM), sync('device', RAM)],
    text: `device driver syncs device write-only DMA memory to device ${A} [size=4096 bytes] [mapped with DMA_FROM_DEVICE] [synced with DMA_TO_DEVICE]`,
    releases: ALL,
  },
  {
    id: 'S6 entries of a list',
    events: [mapSg(two), syncSg('device', [RAM])],
    text: 'device driver syncs DMA sg list with different entry count [map count=2] [sync count=1]',
    releases: ALL,
  },
  {
    id: 'M1 stack',
    events: [inArea('stack')],
    text: 'device driver maps memory from stack [addr=0x40000000]',
    releases: ALL,
  },
  {
    id: 'M2 page of a vmalloc stack',
    events: [inArea('stack-page')],
    text: 'device driver maps memory from stack [probable addr=0x40000000]',
    releases: ALL,
  },
  {
    id: 'M3 text',
    events: [inArea('text')],
    text: 'device driver maps memory from kernel text or rodata [addr=0x40000000] [len=4096]',
    releases: ALL,
  },
  {
    id: 'M4 invalid area',
    events: [inArea('invalid')],
    text: 'device driver maps memory from invalid area [addr=0x40000000] [len=4096]',
    releases: NOT_2017,
  },
  {
    id: 'M5 vmalloc',
    events: [inArea('vmalloc')],
    text: 'device driver maps memory from vmalloc area [addr=0x40000000] [len=4096]',
    releases: NOT_2017,
  },
  {
    id: 'M6 segment length',
    events: [mapSg([RAM], { size: 0x1_1000 })],
    text: 'mapping sg segment longer than device claims to support [len=69632] [max=65536]',
    releases: NOT_2017,
  },
  {
    id: 'M7 segment boundary',
    events: [mapSg([RAM + 0xf000], { size: 0x2000 })],
    text: 'mapping sg segment across boundary [start=0x000000004000f000] [end=0x0000000040010fff] [boundary=0x000000000000ffff]',
    releases: NOT_2017,
  },
  {
    id: 'M8 RAM as a resource',
    events: [resource()],
    text: 'dma_map_resource called for RAM address 0x40000000',
    releases: SINCE_6_18,
  },
  {
    id: 'C1 overlap',
    events: [map(RAM, FROM), map(RAM, FROM)],
    text: "cacheline tracking EEXIST, overlapping mappings aren't supported",
    releases: SINCE_5_15,
  },
  {
    id: 'C2 many overlaps',
    events: Array.from({ length: 9 }, () => map(RAM, { ...FROM, attrs: ATTR.SKIP_CPU_SYNC })),
    text: 'exceeded 7 overlapping mappings of cacheline 0x01000000',
    releases: ALL,
  },
  {
    id: 'R1 unbind',
    events: [map(RAM), { event: 'marker', text: 'unbound dev' }],
    text: (release) =>
      `device driver has pending DMA allocations while released from device [count=1]\nOne of leaked entries details: ${A} [size=4096 bytes] [mapped with DMA_TO_DEVICE] [mapped as ${page(release)}]`,
    releases: ALL,
  },
]

describe.each(CHECKS)('$id', ({ events, text, releases }) => {
  it.each(ALL)('%s', (release) => {
    const wanted = typeof text === 'string' ? text : text(release)
    expect(texts(events, { kernelText: release }).includes(wanted)).toBe(releases.includes(release))
  })
})

it('P1 has no text: the core warns, and dma-debug does not', () => {
  const [one] = check([inArea('zone-device')]).findings
  expect(one).toMatchObject({ code: 'map-zone-device', severity: 'error' })
  expect(one).not.toHaveProperty('kernelText')
})
it('C1 is not printed for SKIP_CPU_SYNC, nor by 7.3 between two mappings that may share lines', () => {
  const pair = (attrs: number): readonly EventBody[] => [map(RAM, { ...FROM, attrs }), map(RAM, { ...FROM, attrs })]
  const REQUIRE_COHERENT = 4096
  const overlaps = (attrs: number, kernelText: KernelText): number =>
    check(pair(attrs), { kernelText }).summary.counts['cacheline-overlap'] ?? 0
  expect(overlaps(ATTR.SKIP_CPU_SYNC, '6.12')).toBe(0)
  expect((['7.3', '7.2', '6.18', '6.12'] as const).map((release) => overlaps(REQUIRE_COHERENT, release))).toEqual([
    0, 0, 1, 1,
  ])
  expect(overlaps(0, '7.3')).toBe(1)
})
it('%pa has 8 digits on a 32-bit kernel: known from the session, or from the pointers of a log', () => {
  const number = (given: ReturnType<typeof check>): string | undefined =>
    given.findings.flatMap(({ kernelText }) => kernelText ?? []).find((text) => text.startsWith('exceeded'))
  const many = Array.from({ length: 9 }, () => map(RAM, FROM))
  const log = (virtAddr: string): ReturnType<typeof check> =>
    check([alloc(RAM + 0x8000, { virtAddr }), ...many], { session: undefined })
  expect(number(check(many, { session: { ...SESSION, physAddrBits: 64 } }))).toMatch(/ 0x0000000001000000$/)
  expect(number(log('00000000c0de0000'))).toMatch(/ 0x0000000001000000$/)
  expect(number(log('c0de0000'))).toMatch(/ 0x01000000$/)
})
it('the frame names driver and device, but not where overlaps are counted', () => {
  expect(framedKernelText('4.11', 'dev', 'text', 'drv')).toBe('drv dev: DMA-API: text')
  expect(framedKernelText('6.12', 'dev', 'text', 'drv')).toBe('DMA-API: drv dev: text')
  expect(framedKernelText('6.12', 'dev', 'exceeded 7 overlapping')).toBe('DMA-API: exceeded 7 overlapping')
})
it('an address that failed is not an entry, nor is memory of a per-device pool', () => {
  const checker = createChecker({ kernelText: '6.12' })
  const events = [SESSION, { ...map(RAM), dmaAddr: 2 ** 64 } as EventBody, alloc(RAM, { pool: 'pool' }), unmap(RAM)]
  for (const [at, body] of events.entries()) checker.onEvent({ ...body, at })
  expect(checker.finish().findings.map(({ code }) => code)).toEqual([
    'mapping-failed',
    'unmap-not-mapped',
    'live-at-end',
  ])
})
