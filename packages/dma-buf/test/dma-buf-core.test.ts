import {
  type Arch,
  type Device,
  DIR,
  type DmaBufCore,
  type DmaBufOps,
  type EventBody,
  fail,
  type KernelFacts,
  ok,
  phys,
  RELEASES,
  type SgTable,
  vaddr,
} from '@dmalab/api'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDmaBufCore } from '../src/index.ts'

const facts: KernelFacts = {
  ...RELEASES['4.11'],
  arch: { pointerBits: 32 } as Arch,
  poolIsFinal: true,
  sgEntrySize: 16,
  sgDmaLength: false,
  dmaAddrSize: 4,
  physAddrSize: 4,
}
const device = { name: 'gsc' } as Device
const table = { handle: 1, nents: 1, origNents: 1 } as SgTable

describe('dma-buf core', () => {
  let events: EventBody[]
  let calls: string[]
  let core: DmaBufCore
  let ops: DmaBufOps

  beforeEach(() => {
    events = []
    calls = []
    const note =
      <T>(what: string, value: T) =>
      (): T => {
        calls.push(what)
        return value
      }
    ops = {
      attach: note('attach', ok(undefined)),
      detach: note('detach', undefined),
      map: note('map', ok(table)),
      unmap: note('unmap', undefined),
      release: note('release', undefined),
      beginCpuAccess: note('begin', ok(undefined)),
      endCpuAccess: note('end', ok(undefined)),
      mmap: note('mmap', fail('EINVAL', 'no mmap')),
      vmap: note('vmap', ok(vaddr(0xf000_0000n))),
      vunmap: note('vunmap', undefined),
      kmap: note('kmap', ok(vaddr(0xf000_0000n))),
    }
    core = createDmaBufCore({
      facts,
      sink: { wants: () => true, emit: (event) => events.push(event) },
      stack: { call: (_symbols, body) => body() },
    })
  })

  const exported = () => {
    const buf = core.export({ expName: 'test', size: 8192, ops, priv: null, owner: 'codec CAPTURE buffer 0 plane 0' })
    if (!buf.ok) throw new Error(buf.why)
    return buf.value
  }
  const fdOf = (buf: ReturnType<typeof exported>): number => {
    const fd = core.fd(buf)
    if (!fd.ok) throw new Error(fd.why)
    return fd.value
  }

  it('releases with the last reference, be it an fd or an importer', () => {
    const buf = exported()
    const fd = fdOf(buf)
    expect(core.get(fd)).toMatchObject({ ok: true, value: { refs: 2 } })
    expect(core.close(fd).ok).toBe(true)
    expect(calls).toEqual([])
    core.put(buf)
    expect(calls).toEqual(['release'])
    expect(core.live()).toEqual([])
  })

  it('answers EBADF for a closed descriptor and hands out the lowest free one', () => {
    const [first, second] = [fdOf(exported()), fdOf(exported())]
    expect([first, second]).toEqual([3, 4])
    core.close(first)
    expect(core.get(first)).toMatchObject({ ok: false, errno: 'EBADF' })
    expect(core.close(first)).toMatchObject({ ok: false, errno: 'EBADF' })
    expect(fdOf(exported())).toBe(3)
  })

  it('runs out of descriptors with EMFILE', () => {
    const buf = exported()
    for (let fd = 3; fd < 1024; fd++) expect(core.fd(buf)).toEqual(ok(fd))
    expect(core.fd(buf)).toMatchObject({ ok: false, errno: 'EMFILE' })
  })

  it('hands an exporter refusal to the importer and keeps no attachment', () => {
    ops = { ...ops, attach: () => fail('ENOMEM', 'no list') }
    const buf = exported()
    expect(core.attach(buf, device)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(buf.attachments).toEqual([])
  })

  it('shows the table of an attachment while it is mapped', () => {
    const buf = exported()
    const attachment = core.attach(buf, device)
    if (!attachment.ok) throw new Error(attachment.why)
    expect(attachment.value.sgt).toBeNull()
    expect(core.mapAttachment(attachment.value, 1)).toEqual(ok(table))
    expect(attachment.value.sgt).toBe(table)
    core.unmapAttachment(attachment.value, table, 1)
    expect(attachment.value.sgt).toBeNull()
    core.detach(buf, attachment.value)
    expect(calls).toEqual(['attach', 'map', 'unmap', 'detach'])
  })

  it('maps into the kernel once for all callers', () => {
    const buf = exported()
    expect(core.vmap(buf)).toEqual(core.vmap(buf))
    core.vunmap(buf, vaddr(0xf000_0000n))
    expect(calls).toEqual(['vmap'])
    core.vunmap(buf, vaddr(0xf000_0000n))
    expect(calls).toEqual(['vmap', 'vunmap'])
  })

  it('refuses a size that is not whole pages', () => {
    const refused = core.export({ expName: 'test', size: 100, ops, priv: null, owner: 'x' })
    expect(refused).toMatchObject({ ok: false, errno: 'EINVAL' })
  })

  it('says what the kernel traces, in its order', () => {
    const buf = exported()
    const fd = fdOf(buf)
    core.get(fd)
    const attachment = core.attach(buf, device)
    if (!attachment.ok) throw new Error(attachment.why)
    core.detach(buf, attachment.value)
    core.put(buf)
    expect(events.map(({ event }) => event)).toEqual([
      'dma_buf_export',
      'dma_buf_fd',
      'dma_buf_get',
      'dma_buf_dynamic_attach',
      'dma_buf_detach',
      'dma_buf_put',
    ])
    expect(events[3]).toMatchObject({ device: 'gsc', ino: 1, size: 8192, isDynamic: false })
  })

  it('warns when a buffer goes away under an importer', () => {
    const buf = exported()
    core.attach(buf, device)
    core.put(buf)
    expect(events.slice(-2)).toMatchObject([
      { event: 'dma_buf_release', ino: 1 },
      { event: 'printk', level: 'warn' },
    ])
  })

  it('tells the size by seeking, and goes nowhere else', () => {
    const fd = fdOf(exported())
    expect(core.lseek(fd, 0, 'SEEK_END')).toEqual(ok(8192))
    expect(core.lseek(fd, 0, 'SEEK_SET')).toEqual(ok(0))
    expect(core.lseek(fd, 1, 'SEEK_SET')).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(core.lseek(99, 0, 'SEEK_END')).toMatchObject({ ok: false, errno: 'EBADF' })
  })

  it('keeps the file while it is mapped into the task', () => {
    ops = { ...ops, mmap: () => ok({ phys: phys(0x4000_0000), len: 8192, kind: 'uncached' }) }
    const buf = exported()
    const fd = fdOf(buf)
    expect(core.mmap(buf).ok).toBe(true)
    core.close(fd)
    expect(calls).toEqual([])
    core.munmap(buf)
    expect(calls).toEqual(['release'])
  })

  it('brackets CPU access with the exporter’s operations, and refuses neither READ nor WRITE', () => {
    const fd = fdOf(exported())
    expect(core.syncIoctl(fd, 'start', { read: true, write: false }).ok).toBe(true)
    expect(core.syncIoctl(fd, 'end', { read: true, write: false }).ok).toBe(true)
    expect(calls).toEqual(['begin', 'end'])
    expect(core.syncIoctl(fd, 'start', { read: false, write: false })).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(core.syncIoctl(99, 'start', { read: true, write: true })).toMatchObject({ ok: false, errno: 'EBADF' })
  })

  it('makes CPU access and poll wait for the device that writes', () => {
    const buf = exported()
    const fd = fdOf(buf)
    const resv = core.resv(buf)
    const fence = resv.newFence('gpu', 'ring0')
    resv.addFence(fence, 'write')
    expect(core.poll(fd, 'POLLIN')).toEqual(ok(false))
    expect(core.beginCpuAccess(buf, DIR.FROM_DEVICE)).toMatchObject({ ok: false, errno: 'ETIME' })
    resv.signal(fence)
    expect(core.poll(fd, 'POLLIN')).toEqual(ok(true))
    expect(core.beginCpuAccess(buf, DIR.FROM_DEVICE).ok).toBe(true)
  })

  describe('with an exporter that lets the core keep mappings', () => {
    const attached = () => {
      ops = { ...ops, cacheSgtMapping: true }
      const buf = exported()
      const attachment = core.attach(buf, device)
      if (!attachment.ok) throw new Error(attachment.why)
      return { buf, attachment: attachment.value }
    }

    it('maps once and unmaps at detach', () => {
      const { buf, attachment } = attached()
      for (let i = 0; i < 3; i++) {
        expect(core.mapAttachment(attachment, DIR.TO_DEVICE)).toEqual(ok(table))
        core.unmapAttachment(attachment, table, DIR.TO_DEVICE)
      }
      expect(calls).toEqual(['attach', 'map'])
      core.detach(buf, attachment)
      expect(calls).toEqual(['attach', 'map', 'unmap', 'detach'])
    })

    it('is busy for another direction, unless the kept one is for both', () => {
      const { attachment } = attached()
      core.mapAttachment(attachment, DIR.TO_DEVICE)
      expect(core.mapAttachment(attachment, DIR.FROM_DEVICE)).toMatchObject({ ok: false, errno: 'EBUSY' })
      const both = attached().attachment
      core.mapAttachment(both, DIR.BIDIRECTIONAL)
      expect(core.mapAttachment(both, DIR.FROM_DEVICE).ok).toBe(true)
    })
  })

  describe('between sides that can and cannot move memory', () => {
    const attachWith = (exporterMoves: boolean, importerFollows: boolean) => {
      const dynamic = {
        pin: () => {
          calls.push('pin')
          return ok(undefined)
        },
        unpin: () => void calls.push('unpin'),
      }
      ops = { ...ops, ...(exporterMoves ? { dynamic } : {}) }
      const buf = exported()
      const importer = { moveNotify: () => void calls.push('moved') }
      const attachment = core.attach(buf, device, importerFollows ? importer : undefined)
      if (!attachment.ok) throw new Error(attachment.why)
      return { buf, attachment: attachment.value }
    }

    it('pins and maps for the whole attachment when only the exporter can', () => {
      const { buf, attachment } = attachWith(true, false)
      expect(calls).toEqual(['attach', 'pin', 'map'])
      expect(core.mapAttachment(attachment, DIR.TO_DEVICE)).toEqual(ok(table))
      core.unmapAttachment(attachment, table, DIR.TO_DEVICE)
      core.moveNotify(buf)
      core.detach(buf, attachment)
      expect(calls).toEqual(['attach', 'pin', 'map', 'unmap', 'unpin', 'detach'])
      expect(events.findLast(({ event }) => event === 'dma_buf_detach')).toMatchObject({ isDynamic: false })
    })

    it('maps for the whole attachment when only the importer can', () => {
      attachWith(false, true)
      expect(calls).toEqual(['attach', 'map'])
    })

    it('leaves it to the importer when both can, and tells it when memory moves', () => {
      const { buf, attachment } = attachWith(true, true)
      expect(calls).toEqual(['attach'])
      expect(core.pin(attachment).ok).toBe(true)
      core.unpin(attachment)
      core.moveNotify(buf)
      expect(calls).toEqual(['attach', 'pin', 'unpin', 'moved'])
      expect(events.at(-1)).toMatchObject({ event: 'dma_buf_dynamic_attach', isDynamic: true })
    })

    it('has nothing to pin for a static importer', () => {
      expect(core.pin(attachWith(true, false).attachment)).toMatchObject({ ok: false, errno: 'EINVAL' })
    })

    it('keeps no attachment when the memory cannot be fixed', () => {
      ops = { ...ops, dynamic: { pin: () => fail('ENOMEM', 'no room'), unpin: () => undefined } }
      const buf = exported()
      expect(core.attach(buf, device)).toMatchObject({ ok: false, errno: 'ENOMEM' })
      expect(buf.attachments).toEqual([])
      expect(calls).toEqual(['attach', 'detach'])
    })
  })
})
