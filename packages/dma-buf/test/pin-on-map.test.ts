// Since v6.16 the core keeps no list, and memory that can move is fixed only while an importer that cannot follow it has it mapped.
import { type Arch, type Device, DIR, type DmaBufOps, fail, ok, RELEASES, type SgTable, vaddr } from '@dmalab/api'
import { expect, it } from 'vitest'
import { createDmaBufCore } from '../src/index.ts'

const table = { handle: 1, nents: 1, origNents: 1 } as SgTable

const open = (canPin: boolean) => {
  const calls: string[] = []
  const note = (what: string): void => void calls.push(what)
  const ops: DmaBufOps = {
    cacheSgtMapping: true,
    dynamic: {
      pin: () => (note('pin'), canPin ? ok(undefined) : fail('ENOMEM', 'no room')),
      unpin: () => note('unpin'),
    },
    attach: () => (note('attach'), ok(undefined)),
    detach: () => note('detach'),
    map: () => (note('map'), ok(table)),
    unmap: () => note('unmap'),
    release: () => note('release'),
    beginCpuAccess: () => ok(undefined),
    endCpuAccess: () => ok(undefined),
    mmap: () => fail('EINVAL', 'no mmap'),
    vmap: () => ok(vaddr(0xf000_0000n)),
    vunmap: () => undefined,
    kmap: () => fail('EINVAL', 'no kmap'),
  }
  const core = createDmaBufCore({
    facts: {
      ...RELEASES['6.18'],
      arch: { pointerBits: 64 } as Arch,
      sgEntrySize: 32,
      sgDmaLength: true,
      dmaAddrSize: 8,
      physAddrSize: 8,
    },
    sink: { wants: () => true, emit: () => undefined },
    stack: { call: (_symbols, body) => body() },
  })
  const buf = core.export({ expName: 'test', size: 8192, ops, priv: null, owner: 'buffer' })
  if (!buf.ok) throw new Error(buf.why)
  const attachment = core.attach(buf.value, { name: 'gsc' } as Device)
  if (!attachment.ok) throw new Error(attachment.why)
  return { core, calls, buf: buf.value, attachment: attachment.value }
}

it('pins for each map, and unpins at its unmap', () => {
  const { core, calls, buf, attachment } = open(true)
  for (const dir of [DIR.TO_DEVICE, DIR.FROM_DEVICE]) {
    expect(core.mapAttachment(attachment, dir)).toEqual(ok(table))
    core.unmapAttachment(attachment, table, dir)
  }
  core.detach(buf, attachment)
  const once = ['pin', 'map', 'unmap', 'unpin']
  expect(calls).toEqual(['attach', ...once, ...once, 'detach'])
})
it('maps nothing that cannot be fixed', () => {
  const { core, calls, attachment } = open(false)
  expect(core.mapAttachment(attachment, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'ENOMEM' })
  expect(calls).toEqual(['attach', 'pin'])
})
it('unmaps what is mapped, and nothing else', () => {
  const { core, calls, attachment } = open(true)
  const unmap = (one: SgTable) => () => core.unmapAttachment(attachment, one, DIR.TO_DEVICE)
  expect(unmap(table)).toThrow('a table that attachment 1 does not have mapped')
  core.mapAttachment(attachment, DIR.TO_DEVICE)
  expect(unmap({ ...table })).toThrow('does not have mapped')
  unmap(table)()
  expect(unmap(table)).toThrow('does not have mapped')
  expect(calls.filter((call) => call === 'unmap')).toHaveLength(1)
})
