// Pinning: only an importer that can be told of moves pins, and only an exporter that moves its memory has to.
import {
  type Arch,
  type Device,
  type DmaBufOps,
  fail,
  type KernelFacts,
  type KResult,
  ok,
  RELEASES,
  type SgTable,
} from '@dmalab/api'
import { expect, test } from 'vitest'
import { createDmaBufCore } from '../src/index.ts'

const facts: KernelFacts = {
  ...RELEASES['6.12'],
  arch: { pointerBits: 64 } as Arch,
  poolIsFinal: true,
  sgEntrySize: 32,
  sgDmaLength: true,
  dmaAddrSize: 8,
  physAddrSize: 8,
}
const device = { name: 'gpu' } as Device

const opened = (dynamic: boolean, answer: KResult<void> = ok(undefined)) => {
  const calls: string[] = []
  const ops: DmaBufOps = {
    attach: () => ok(undefined),
    detach: () => undefined,
    map: () => ok({ handle: 1, nents: 1, origNents: 1 } as SgTable),
    unmap: () => undefined,
    release: () => undefined,
    beginCpuAccess: () => ok(undefined),
    endCpuAccess: () => ok(undefined),
    mmap: () => fail('EINVAL', ''),
    vmap: () => fail('EINVAL', ''),
    vunmap: () => undefined,
    kmap: () => fail('EINVAL', ''),
    ...(dynamic ? { dynamic: { pin: () => (calls.push('pin'), answer), unpin: () => void calls.push('unpin') } } : {}),
  }
  const core = createDmaBufCore({
    facts,
    sink: { wants: () => true, emit: () => undefined },
    stack: { call: (_symbols, body) => body() },
  })
  const buf = core.export({ expName: 'x', size: 4096, ops, priv: null, owner: 'x' })
  if (!buf.ok) throw new Error(buf.why)
  return { core, calls, buf: buf.value }
}
const importer = { allowPeer2peer: false, moveNotify: () => undefined }

test('a static importer has its memory pinned all the time: it may not ask', () => {
  const { core, buf } = opened(true)
  const attached = core.attach(buf, device)
  expect(attached.ok && core.pin(attached.value)).toMatchObject({
    ok: false,
    errno: 'EINVAL',
    why: expect.stringMatching(/is static/),
  })
})

test('an exporter that moves its memory is asked, and its answer counts', () => {
  const { core, buf, calls } = opened(true)
  const attached = core.attach(buf, device, importer)
  if (!attached.ok) throw new Error(attached.why)
  expect(core.pin(attached.value).ok).toBe(true)
  core.unpin(attached.value)
  expect(calls.slice(-2)).toEqual(['pin', 'unpin'])
  const full = opened(true, fail('ENOSPC', 'no room'))
  const other = full.core.attach(full.buf, device, importer)
  expect(other.ok ? full.core.pin(other.value) : other).toMatchObject({ ok: false, errno: 'ENOSPC' })
})

test('an exporter that never moves has nothing to do', () => {
  const { core, buf, calls } = opened(false)
  const attached = core.attach(buf, device, importer)
  if (!attached.ok) throw new Error(attached.why)
  expect(core.pin(attached.value).ok).toBe(true)
  core.unpin(attached.value)
  expect(calls).toEqual([])
})

test('a move is told to every importer that can be told', () => {
  const { core, buf } = opened(true)
  const told: string[] = []
  for (const name of ['a', 'b'])
    core.attach(buf, { name } as Device, { ...importer, moveNotify: () => void told.push(name) })
  core.attach(buf, device)
  core.moveNotify(buf)
  expect(told).toEqual(['a', 'b'])
})
