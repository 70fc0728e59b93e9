// Lists of arch/arm's own table: a sync maintains the entries of the list, an unmap what was mapped, each in its direction.
import { ATTR, DIR, type DmaAddr, type Event, PAGE_SIZE } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { must, openArmLab, page, RAM } from './arm-lab.ts'

const AT = RAM + 0x280_0000
const open = (detail: 'op' | 'page' = 'page', more: Parameters<typeof openArmLab>[0] = {}) => {
  const lab = openArmLab({ config: { NEED_SG_DMA_LENGTH: true }, ...more })
  const events: Event[] = []
  lab.listen(detail, (event) => events.push(event))
  const dev = lab.device('importer')
  const table = lab.sgTable([0, 8].map((n) => ({ page: page(AT + n * PAGE_SIZE), offset: 0, length: PAGE_SIZE })))
  const told = () =>
    events.flatMap((one) =>
      one.event === 'cache_maint' && one.op !== 'pgclean' ? [[one.op, one.physAddr - AT, one.size]] : [],
    )
  const lines = () => lab.host(dev).cache.counters().lines
  return { lab, dev, table, told, lines }
}
const whole = (op: string) => [0, 8].map((n) => [op, n * PAGE_SIZE, PAGE_SIZE])

describe('each entry, told one by one', () => {
  it.each([
    ['to the device', DIR.TO_DEVICE, 0, 'map', ''],
    ['from it', DIR.FROM_DEVICE, 0, 'map', 'unmap'],
    ['both', DIR.BIDIRECTIONAL, 0, 'map', 'unmap'],
    ['without a sync', DIR.BIDIRECTIONAL, ATTR.SKIP_CPU_SYNC, '', ''],
  ] as const)('%s', (_, dir, attrs, map, unmap) => {
    const { lab, dev, table, told } = open()
    must(lab.dma.mapSgAttrs(dev, table, dir, attrs))
    lab.dma.unmapSgAttrs(dev, table, dir, attrs)
    expect(told()).toEqual([...(map === '' ? [] : whole(map)), ...(unmap === '' ? [] : whole(unmap))])
  })

  it.each([
    [DIR.TO_DEVICE, [], whole('map')],
    [DIR.FROM_DEVICE, whole('unmap'), whole('map')],
  ] as const)('a sync, direction %i', (dir, cpu, device) => {
    const { lab, dev, table, told } = open()
    must(lab.dma.mapSgAttrs(dev, table, dir, ATTR.SKIP_CPU_SYNC))
    lab.dma.syncSgForCpu(dev, table, dir)
    expect(told()).toEqual(cpu)
    lab.dma.syncSgForDevice(dev, table, dir)
    expect(told()).toEqual([...cpu, ...device])
  })
})

// Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_sync_sg_for_cpu takes s->length, arm_dma_unmap_sg sg_dma_len(s).
it.each(['op', 'page'] as const)('a sync has the length of the entry, an unmap that of its mapping (%s)', (detail) => {
  const { lab, dev, table, lines } = open(detail)
  must(lab.dma.mapSgAttrs(dev, table, DIR.FROM_DEVICE, ATTR.SKIP_CPU_SYNC))
  for (const i of [0, 1]) table.setDma(i, table.entry(i).dmaAddress, 64)
  const counted = (body: () => void): number => {
    const before = lines()
    body()
    return lines() - before
  }
  const pages = (2 * PAGE_SIZE) / 64
  expect(counted(() => lab.dma.syncSgForCpu(dev, table, DIR.FROM_DEVICE))).toBe(pages)
  expect(counted(() => lab.dma.syncSgForDevice(dev, table, DIR.FROM_DEVICE))).toBeGreaterThanOrEqual(pages)
  expect(counted(() => lab.dma.unmapSgAttrs(dev, table, DIR.FROM_DEVICE, 0))).toBe(2)
})

it('a list that leads out of the device’s window is undone: its entries are maintained for the CPU again', () => {
  const window = { cpu: RAM, bus: RAM, len: 0x800_0000 }
  const { lab, dev, table, told } = open('page', {
    importer: { dmaRanges: [window] },
    inject: [{ what: 'mapPage', nth: 2 }],
  })
  expect(lab.dma.mapSgAttrs(dev, table, DIR.FROM_DEVICE, 0).ok).toBe(false)
  expect(told()).toEqual([
    ['map', 0, PAGE_SIZE],
    ['unmap', 0, PAGE_SIZE],
  ])
  expect(table.entry(1).dmaAddress).toBe((2 ** 32 - 1) as DmaAddr)
})
