// CPU access to a udmabuf: its own device's list is mapped and synced, importers' mappings are not.
import { DIR, pfn, phys } from '@dmalab/api'
import { createUdmabuf } from '@dmalab/dma-buf'
import { expect, test } from 'vitest'
import { openBench, value } from './sharing-bench.ts'

const open = () => {
  const bench = openBench('arm64@6.12')
  const { lab } = bench
  const memory = value(lab.userAlloc(16_384, 'memfd'))
  const fd = value(createUdmabuf(lab.allocatorHost, memory, 'memfd'))
  const buf = value(lab.dmaBuf.get(fd))
  return { ...bench, fd, buf }
}

test('its end before any begin is -EINVAL', () => {
  const { lab, buf } = open()
  expect(lab.dmaBuf.endCpuAccess(buf, DIR.BIDIRECTIONAL)).toMatchObject({ ok: false, errno: 'EINVAL' })
  value(lab.dmaBuf.beginCpuAccess(buf, DIR.BIDIRECTIONAL))
  expect(lab.dmaBuf.endCpuAccess(buf, DIR.BIDIRECTIONAL)).toMatchObject({ ok: true })
})

test('it syncs a list of its own, which it maps once and keeps to the end; an importer is never synced', () => {
  const { lab, fd, buf, events } = open()
  const attachment = value(lab.dmaBuf.attach(buf, lab.device('n')))
  const table = value(lab.dmaBuf.mapAttachment(attachment, DIR.BIDIRECTIONAL))
  events.length = 0
  for (let i = 0; i < 2; i++) {
    value(lab.dmaBuf.beginCpuAccess(buf, DIR.BIDIRECTIONAL))
    value(lab.dmaBuf.endCpuAccess(buf, DIR.BIDIRECTIONAL))
  }
  const told = events.flatMap((event) =>
    'device' in event && 'dir' in event ? [`${event.event} ${event.device}`] : [],
  )
  expect(told).toEqual([
    'dma_map_sg udmabuf',
    ...['cpu', 'device', 'cpu', 'device'].map((side) => `dma_sync_sg_for_${side} udmabuf`),
  ])
  lab.dmaBuf.unmapAttachment(attachment, table, DIR.BIDIRECTIONAL)
  lab.dmaBuf.detach(buf, attachment)
  lab.dmaBuf.put(buf)
  lab.dmaBuf.close(fd)
  expect(events.filter(({ event }) => event === 'dma_unmap_sg')).toMatchObject([{ device: 'n' }, { device: 'udmabuf' }])
})

test.each([
  ['nothing', 0x4000_0000, 0, 'EINVAL'],
  ['half a page', 0x4000_0000, 6144, 'EINVAL'],
  ['pages from the middle of one on', 0x4000_0800, 8192, 'EINVAL'],
  ['as much as there may be', 0x4000_0000, 2 ** 26, undefined],
  ['a page more', 0x4000_0000, 2 ** 26 + 4096, 'EINVAL'],
] as const)('%s', (_what, at, len, errno) => {
  const { lab } = openBench('arm64@6.12')
  const made = createUdmabuf(lab.allocatorHost, { phys: phys(at), len, kind: 'cached' }, 'memfd')
  expect(made.ok ? undefined : made.errno).toBe(errno)
})

test.each([
  ['arm64@6.12', [4096, 4096, 4096, 4096, 4096]],
  ['arm64@7.2', [12_288, 8192]],
])('on %s pages side by side are entries of %o bytes', (kernel, lengths) => {
  const { lab } = openBench(kernel)
  const memory = value(lab.userAlloc(16 * 4096, 'memfd'))
  const first = memory.phys / 4096
  const pages = [0, 1, 2, 8, 9].map((page) => pfn(first + page))
  const fd = value(createUdmabuf(lab.allocatorHost, { ...memory, len: 5 * 4096, pages }, 'memfd'))
  const attachment = value(lab.dmaBuf.attach(value(lab.dmaBuf.get(fd)), lab.device('n')))
  const table = value(lab.dmaBuf.mapAttachment(attachment, DIR.TO_DEVICE))
  expect(table.entries().map(({ length }) => length)).toEqual(lengths)
  expect(table.entry(0).page).toEqual({ kind: 'page', pfn: first })
})
