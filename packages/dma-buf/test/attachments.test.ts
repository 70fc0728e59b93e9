// Attachments: the way calls take through the core, by release; what stays mapped, what is pinned, what a failure leaves.
import { DIR, type DmaBufOps, type DynamicImporter, fail, type KResult, ok, type SgTable } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { DEVICE, openCore, TABLE, value } from './recorded-core.ts'

const moves = (calls: string[], answers: KResult<void>[] = []): Partial<DmaBufOps> => ({
  dynamic: {
    pin: () => (calls.push('pin'), answers.shift() ?? ok(undefined)),
    unpin: () => void calls.push('unpin'),
  },
})
const follows = (calls: string[], allowPeer2peer = false): DynamicImporter => ({
  allowPeer2peer,
  moveNotify: () => void calls.push('moved'),
})

describe('the way through the core', () => {
  it.each([
    ['4.11', ['dma_buf_attach', 'dma_buf_map_attachment', 'dma_buf_unmap_attachment', 'dma_buf_detach']],
    [
      '6.12',
      [
        'dma_buf_attach > dma_buf_dynamic_attach',
        'dma_buf_map_attachment_unlocked > dma_buf_map_attachment > __map_dma_buf',
        'dma_buf_unmap_attachment_unlocked > dma_buf_unmap_attachment > __unmap_dma_buf',
        'dma_buf_detach',
      ],
    ],
  ] as const)('of %s', (release, way) => {
    const { core, attached, paths } = openCore({ release })
    const { buf, attachment } = attached()
    core.unmapAttachment(attachment, value(core.mapAttachment(attachment, DIR.TO_DEVICE)), DIR.TO_DEVICE)
    core.detach(buf, attachment)
    expect(paths).toEqual(way)
  })

  it('of a mapping that the core keeps', () => {
    const calls: string[] = []
    const { core, attached, paths } = openCore({ ops: moves(calls) })
    const { buf, attachment } = attached()
    core.detach(buf, attachment)
    expect(paths).toEqual([
      'dma_buf_attach > dma_buf_dynamic_attach',
      'dma_buf_dynamic_attach > __map_dma_buf',
      'dma_buf_detach',
      'dma_buf_detach',
    ])
  })
})

describe('an attachment', () => {
  it('has a number of its own, and takes memory of other devices if its importer says so', () => {
    const { core, exported } = openCore()
    const buf = exported()
    const made = [undefined, follows([]), follows([], true)].map((importer) =>
      value(core.attach(buf, DEVICE, importer)),
    )
    expect(made.map(({ id, peer2peer, sgt, priv }) => [id, peer2peer, sgt, priv])).toEqual([
      [1, false, null, null],
      [2, false, null, null],
      [3, true, null, null],
    ])
    expect(buf.attachments).toEqual(made)
  })

  it('that is gone is not mapped, pinned or detached', () => {
    const { core, attached, calls } = openCore()
    const { buf, attachment } = attached()
    core.detach(buf, attachment)
    const gone = 'attachment 1 of dma-buf 1 is detached'
    expect(() => core.mapAttachment(attachment, DIR.TO_DEVICE)).toThrow(gone)
    expect(() => core.pin(attachment)).toThrow(gone)
    expect(() => core.unpin(attachment)).toThrow(gone)
    expect(() => core.detach(buf, attachment)).toThrow(gone)
    expect(calls).toEqual(['attach', 'detach'])
  })

  it('leaves the others where they are', () => {
    const { core, exported } = openCore()
    const buf = exported()
    const [first, second, third] = [1, 2, 3].map(() => value(core.attach(buf, DEVICE)))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three were made')
    core.detach(buf, second)
    expect(buf.attachments).toEqual([first, third])
  })

  it('that its exporter refuses is neither told nor counted', () => {
    const { core, exported, events, balance } = openCore({ ops: { attach: () => fail('EPERM', 'not this device') } })
    const buf = exported()
    events.length = 0
    expect(core.attach(buf, DEVICE)).toMatchObject({ errno: 'EPERM' })
    expect([events, balance()]).toEqual([[], { 'dma-bufs': 1, 'references to dma-bufs': 1 }])
  })

  it('is told with its device and number, when it comes and when it goes', () => {
    const { core, attached, events } = openCore()
    const { buf, attachment } = attached(follows([]))
    core.detach(buf, attachment)
    const said = { expName: 'test', size: 8192, ino: 1, attachment: '1', isDynamic: true, device: 'gsc' }
    expect(events.slice(1)).toEqual([
      { event: 'dma_buf_dynamic_attach', ...said },
      { event: 'dma_buf_detach', ...said },
    ])
  })
})

describe('a mapping', () => {
  it('that is refused leaves the attachment as it was', () => {
    const answers: KResult<SgTable>[] = [fail('ENOMEM', 'no list')]
    const { core, attached, balance } = openCore({ ops: { map: () => answers.shift() ?? ok(TABLE) } })
    const { attachment } = attached()
    expect(core.mapAttachment(attachment, DIR.TO_DEVICE)).toMatchObject({ errno: 'ENOMEM' })
    expect([attachment.sgt, balance()['mapped attachments']]).toEqual([null, undefined])
    expect(core.mapAttachment(attachment, DIR.TO_DEVICE)).toEqual(ok(TABLE))
  })

  it('is made and undone in its direction, each time anew unless the exporter lets the core keep it', () => {
    const { core, attached, calls } = openCore()
    const { attachment } = attached()
    for (const dir of [DIR.TO_DEVICE, DIR.FROM_DEVICE])
      core.unmapAttachment(attachment, value(core.mapAttachment(attachment, dir)), dir)
    expect(calls).toEqual(['attach', 'map TO_DEVICE', 'unmap TO_DEVICE', 'map FROM_DEVICE', 'unmap FROM_DEVICE'])
  })

  it('of another list, or one that is undone already, cannot be undone', () => {
    const { core, attached, calls } = openCore()
    const { attachment } = attached()
    const undo = (table: SgTable) => () => core.unmapAttachment(attachment, table, DIR.TO_DEVICE)
    expect(undo(TABLE)).toThrow('unmap (TO_DEVICE) of a table that attachment 1 does not have mapped')
    value(core.mapAttachment(attachment, DIR.TO_DEVICE))
    expect(undo({ ...TABLE })).toThrow('does not have mapped')
    undo(TABLE)()
    expect(undo(TABLE)).toThrow('does not have mapped')
    expect(calls).toEqual(['attach', 'map TO_DEVICE', 'unmap TO_DEVICE'])
  })

  it('of a static importer that it forgot stays mapped after the detach', () => {
    const { core, attached, calls } = openCore()
    const { buf, attachment } = attached()
    value(core.mapAttachment(attachment, DIR.TO_DEVICE))
    core.detach(buf, attachment)
    expect(calls).toEqual(['attach', 'map TO_DEVICE', 'detach'])
  })

  it('that the core keeps is undone in the direction it was made, whatever the importer said', () => {
    const { core, attached, calls } = openCore({ ops: { cacheSgtMapping: true } })
    const { buf, attachment } = attached()
    value(core.mapAttachment(attachment, DIR.BIDIRECTIONAL))
    core.unmapAttachment(attachment, TABLE, DIR.BIDIRECTIONAL)
    expect(attachment.sgt).toBeNull()
    expect(core.mapAttachment(attachment, DIR.FROM_DEVICE)).toEqual(ok(TABLE))
    expect(attachment.sgt).toBe(TABLE)
    core.unmapAttachment(attachment, TABLE, DIR.FROM_DEVICE)
    core.detach(buf, attachment)
    expect(calls).toEqual(['attach', 'map BIDIRECTIONAL', 'unmap BIDIRECTIONAL', 'detach'])
  })

  it('that the core keeps for one direction is busy for both', () => {
    const { core, attached } = openCore({ ops: { cacheSgtMapping: true } })
    const { attachment } = attached()
    value(core.mapAttachment(attachment, DIR.FROM_DEVICE))
    core.unmapAttachment(attachment, TABLE, DIR.FROM_DEVICE)
    expect(core.mapAttachment(attachment, DIR.BIDIRECTIONAL)).toMatchObject({
      errno: 'EBUSY',
      why: 'attachment 1 is mapped FROM_DEVICE',
    })
    expect(attachment.sgt).toBeNull()
    expect(core.mapAttachment(attachment, DIR.FROM_DEVICE)).toEqual(ok(TABLE))
  })

  it('is kept by no core since v6.16', () => {
    const { core, attached, calls } = openCore({ release: '6.18', ops: { cacheSgtMapping: true } })
    const { attachment } = attached()
    for (let round = 0; round < 2; round += 1)
      core.unmapAttachment(attachment, value(core.mapAttachment(attachment, DIR.TO_DEVICE)), DIR.TO_DEVICE)
    expect(calls.filter((call) => call === 'map TO_DEVICE')).toHaveLength(2)
  })

  it('whose list has no pages is told: an importer that looks at them finds none', () => {
    const { core, attached, events } = openCore({ ops: { map: () => ok({ ...TABLE, origNents: 0 }) } })
    const { attachment } = attached()
    value(core.mapAttachment(attachment, DIR.TO_DEVICE))
    const text = 'gsc got a list of frame (test) that has bus addresses and no pages'
    expect(events.slice(2)).toEqual([{ event: 'kernel_quirk', code: 'list-without-pages', text, device: 'gsc' }])
    const plain = openCore()
    value(plain.core.mapAttachment(plain.attached().attachment, DIR.TO_DEVICE))
    expect(plain.events.map(({ event }) => event)).not.toContain('kernel_quirk')
  })
})

describe('memory that can move, before v6.16', () => {
  it('is pinned and mapped at attach, and neither when the list cannot be made', () => {
    const calls: string[] = []
    const { core, exported, balance } = openCore({ ops: { ...moves(calls), map: () => fail('ENOSPC', 'no list') } })
    const buf = exported()
    expect(core.attach(buf, DEVICE)).toMatchObject({ errno: 'ENOSPC' })
    expect(calls).toEqual(['pin', 'unpin'])
    expect(balance()).toEqual({ 'dma-bufs': 1, 'references to dma-bufs': 1 })
  })

  it('that cannot be pinned is not unpinned either', () => {
    const calls: string[] = []
    const { core, exported } = openCore({ ops: moves(calls, [fail('ENOMEM', 'no room')]) })
    expect(core.attach(exported(), DEVICE)).toMatchObject({ errno: 'ENOMEM' })
    expect(calls).toEqual(['pin'])
  })

  it('of an importer that follows is not pinned for a map', () => {
    const calls: string[] = []
    const { core, attached } = openCore({ ops: moves(calls) })
    const { attachment } = attached(follows(calls))
    core.unmapAttachment(attachment, value(core.mapAttachment(attachment, DIR.TO_DEVICE)), DIR.TO_DEVICE)
    expect(calls).toEqual([])
  })
})

describe('memory that can move, since v6.16', () => {
  it('is left alone at attach; a map that fails after the pin unpins', () => {
    const calls: string[] = []
    const { core, attached } = openCore({
      release: '6.18',
      ops: { ...moves(calls), map: () => fail('ENOSPC', 'no list') },
    })
    const { buf, attachment } = attached()
    expect(calls).toEqual([])
    expect(core.mapAttachment(attachment, DIR.TO_DEVICE)).toMatchObject({ errno: 'ENOSPC' })
    expect(calls).toEqual(['pin', 'unpin'])
    core.detach(buf, attachment)
    expect(calls).toEqual(['pin', 'unpin'])
  })

  it('of an importer that follows is never pinned by the core', () => {
    const calls: string[] = []
    const { core, attached } = openCore({ release: '6.18', ops: moves(calls) })
    const { attachment } = attached(follows(calls))
    core.unmapAttachment(attachment, value(core.mapAttachment(attachment, DIR.TO_DEVICE)), DIR.TO_DEVICE)
    expect(calls).toEqual([])
  })

  it('that an importer forgot to unmap is unpinned by the detach', () => {
    const calls: string[] = []
    const { core, attached } = openCore({ release: '6.18', ops: moves(calls) })
    const { buf, attachment } = attached()
    value(core.mapAttachment(attachment, DIR.TO_DEVICE))
    core.detach(buf, attachment)
    expect(calls).toEqual(['pin', 'unpin'])
  })
})

test('a list that DMABUF_DEBUG mangled comes back whole, also by way of a kept mapping', () => {
  const pages: unknown[] = []
  const page = { kind: 'page', pfn: 7 }
  const table = {
    ...TABLE,
    entries: () => [{ page, length: 4096, offset: 0 }],
    entry: () => ({ length: 4096, offset: 0 }),
    setPage: (i: number, put: unknown, length: number, offset: number) => void pages.push([i, put, length, offset]),
  } as unknown as SgTable
  const tables = {
    mem: { pageStructAddress: () => 0xff00n as never },
    sgAlloc: () => fail('ENOMEM', 'not this way'),
    sgFree: () => undefined,
  }
  const open = (cacheSgtMapping: boolean) =>
    openCore({
      facts: { dmabufDebug: 'mangle' },
      ops: { cacheSgtMapping, map: () => ok(table) },
      parts: { tables },
    })
  const flipped = { kind: 'vaddr', at: 0xff00n ^ 0xffff_ffff_ffff_ff00n }
  const both = [
    [0, flipped, 4096, 0],
    [0, page, 4096, 0],
  ]
  const plain = open(false)
  const one = plain.attached()
  plain.core.unmapAttachment(one.attachment, value(plain.core.mapAttachment(one.attachment, DIR.TO_DEVICE)), 1)
  expect(pages).toEqual(both)
  pages.length = 0
  const kept = open(true)
  const other = kept.attached()
  kept.core.unmapAttachment(other.attachment, value(kept.core.mapAttachment(other.attachment, DIR.TO_DEVICE)), 1)
  expect(pages).toEqual(both.slice(0, 1))
  kept.core.detach(other.buf, other.attachment)
  expect(pages).toEqual(both)
})
