// Importers of the graphics side: what they take, what they refuse, and that nothing stays behind.
import { dma, fail, type FrameFormat, type GemObject, ok, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { exynosDrm, pageWalkingImporter, syncingImporter } from '../src/index.ts'
import { type FakeHost, newDevice, newDmaBuf, openDriver, sgTable, value } from './host.ts'

const format = (...payloads: number[]): FrameFormat => ({
  width: 64,
  height: 4,
  planes: payloads.map((payload) => ({ payload, size: payload })),
})

/** Puts a buffer behind a descriptor; without segments it cannot be mapped. */
const share = (host: FakeHost, fd: number, size: number, ...segments: [number, number][]): void => {
  const buf = newDmaBuf(`buf${fd}`, size)
  host.fds.set(fd, buf)
  if (segments.length > 0) host.tables.set(buf, sgTable(...segments))
}
const displayOf = ({ driver: { display } }: FakeHost) => {
  if (display === null) throw new Error('the driver has no display')
  return display
}
/** References and attachments that the driver still holds. */
const held = ({ calls }: FakeHost): Record<string, number> => {
  const count = (what: string) => calls.filter((call) => call.startsWith(`${what} `)).length
  return {
    refs: count('get') - count('put'),
    attached: count('attach') - count('detach'),
    mapped: count('map') - count('unmap'),
  }
}
const NOTHING = { refs: 0, attached: 0, mapped: 0 }

describe('exynos-drm', () => {
  const opened = (): FakeHost => openDriver(exynosDrm(pluginApi))

  it('scans each plane out of its imported buffer, and compares it', () => {
    const host = opened()
    share(host, 3, 0x1000, [0x4000, 0x1000])
    share(host, 4, 0x1000, [0x8000, 0x1000])
    host.written.set('buf3', { seed: 1 })
    const id = value(displayOf(host).addFramebuffer([3, 4], format(0x1000, 0x800)))
    host.world.wrong = (at) => (at === 0x8000 ? 5 : 0)
    expect(value(displayOf(host).flip(id, 9))).toEqual({ frame: 9, bytes: 0x2000, wrong: 5 })
    expect(host.accesses.map(({ at, len, content }) => [at, len, content])).toEqual([
      [0x4000, 0x1000, { seed: 1, offset: 0 }],
      [0x8000, 0x800, 0],
      [0x8800, 0x800, 0], // scan-out goes on to the end of the plane's memory
    ])
    displayOf(host).removeFramebuffer(id)
    expect(held(host)).toEqual(NOTHING)
  })

  it('sees segments that follow each other as one piece, and refuses a gap with the kernel’s line', () => {
    const host = opened()
    share(host, 3, 0x3000, [0x4000, 0x1000], [0x5000, 0x2000])
    share(host, 4, 0x3000, [0x4000, 0x1000], [0x6000, 0x2000])
    expect(displayOf(host).addFramebuffer([3], format(0x3000)).ok).toBe(true)
    expect(displayOf(host).addFramebuffer([4], format(0x1000)).ok).toBe(true)
    expect(host.texts).toEqual([])
    expect(displayOf(host).addFramebuffer([4], format(0x1001))).toMatchObject({ ok: false, errno: 'EINVAL' })
    expect(host.texts).toEqual(['drv dev: [drm] Non-contiguous GEM memory is not supported.'])
  })

  it.each([
    ['a buffer smaller than its plane', [3], format(0x1001), 'EINVAL'],
    ['a plane without a buffer', [3], format(0x1000, 0x800), 'ENOENT'],
    ['a closed descriptor', [3, 9], format(0x1000, 0x800), 'EBADF'],
    ['a buffer that cannot be mapped', [3, 5], format(0x1000, 0x800), 'EIO'],
  ])('%s is refused, and what was imported before is given back', (_case, fds, planes, errno) => {
    const host = opened()
    share(host, 3, 0x1000, [0x4000, 0x1000])
    share(host, 5, 0x1000)
    expect(displayOf(host).addFramebuffer(fds, planes)).toMatchObject({ ok: false, errno })
    expect(held(host)).toEqual(NOTHING)
    expect(host.events.at(-1)).toMatchObject({ event: 'ioctl', errno })
  })

  it('imports a buffer once, however many frame buffers show it', () => {
    const host = opened()
    share(host, 3, 0x1000, [0x4000, 0x1000])
    const first = value(displayOf(host).addFramebuffer([3], format(0x1000)))
    const second = value(displayOf(host).addFramebuffer([3], format(0x800)))
    expect(held(host)).toEqual({ refs: 1, attached: 1, mapped: 1 })
    displayOf(host).removeFramebuffer(first)
    expect(held(host).mapped).toBe(1)
    expect(displayOf(host).flip(second, 0).ok).toBe(true)
    displayOf(host).removeFramebuffer(second)
    expect(held(host)).toEqual(NOTHING)
  })

  it('takes an object of its own as it is: nothing is attached', () => {
    const device = newDevice('display')
    const host = openDriver(exynosDrm(pluginApi), device)
    host.fds.set(3, newDmaBuf('dumb', 0x1000, { gem: device, handle: dma(0x7000), list: null } satisfies GemObject))
    const id = value(displayOf(host).addFramebuffer([3], format(0x1000)))
    value(displayOf(host).flip(id, 0))
    expect(host.accesses.map(({ at }) => at)).toEqual([0x7000])
    displayOf(host).removeFramebuffer(id)
    expect(host.calls).toEqual(['get dumb', 'put dumb'])
  })

  it('attaches to an object of another display as to any buffer', () => {
    const host = opened()
    const buf = newDmaBuf('dumb', 0x1000, {
      gem: newDevice('other'),
      handle: dma(0x7000),
      list: null,
    } satisfies GemObject)
    host.fds.set(3, buf)
    host.tables.set(buf, sgTable([0x4000, 0x1000]))
    value(displayOf(host).addFramebuffer([3], format(0x1000)))
    expect(held(host)).toEqual({ refs: 1, attached: 1, mapped: 1 })
  })

  it('does not show a picture whose writer never finishes', () => {
    const host = opened()
    share(host, 3, 0x1000, [0x4000, 0x1000])
    const id = value(displayOf(host).addFramebuffer([3], format(0x1000)))
    host.world.wait = (usage) => (usage === 'read' ? fail('ETIME', 'the writer is not done') : ok(undefined))
    expect(displayOf(host).flip(id, 0)).toMatchObject({ ok: false, errno: 'ETIME' })
    expect(host.accesses).toEqual([])
  })

  it('close gives every frame buffer back', () => {
    const host = opened()
    share(host, 3, 0x1000, [0x4000, 0x1000])
    share(host, 4, 0x1000, [0x8000, 0x1000])
    for (const fd of [3, 4, 3]) value(displayOf(host).addFramebuffer([fd], format(0x1000)))
    host.driver.close()
    expect(held(host)).toEqual(NOTHING)
  })

  it('a frame buffer that does not exist is ENOENT to show, and a mistake of the caller to remove', () => {
    const host = opened()
    expect(displayOf(host).flip(7, 0)).toMatchObject({ ok: false, errno: 'ENOENT' })
    expect(() => displayOf(host).removeFramebuffer(7)).toThrow('there is no frame buffer 7')
  })
})

describe('an importer that syncs', () => {
  it('hands the list to the device before it reads and to the CPU after, inside its fence', () => {
    const host = openDriver(syncingImporter(pluginApi))
    share(host, 3, 0x2000, [0x4000, 0x1000], [0x9000, 0x1000])
    const id = value(displayOf(host).addFramebuffer([3], format(0x1800)))
    expect(value(displayOf(host).flip(id, 2))).toEqual({ frame: 2, bytes: 0x1800, wrong: 0 })
    expect(host.accesses.map(({ at, len }) => [at, len])).toEqual([
      [0x4000, 0x1000],
      [0x9000, 0x800],
    ])
    expect(host.calls.slice(-4)).toEqual(['fence added', 'sync for device', 'fence signaled', 'sync for cpu'])
    host.driver.close()
    expect(held(host)).toEqual(NOTHING)
  })
})

describe('an importer that walks pages', () => {
  it('takes a reference on each entry’s first page, maps all pages side by side, and reads with the CPU', () => {
    const host = openDriver(pageWalkingImporter(pluginApi))
    share(host, 3, 0x3000, [0x4000, 0x2000], [0x9000, 0x1000])
    host.written.set('buf3', Uint8Array.of(1, 2, 3, 4))
    const id = value(displayOf(host).addFramebuffer([3], format(2)))
    host.world.wrong = () => 1
    expect(value(displayOf(host).flip(id, 0))).toEqual({ frame: 0, bytes: 2, wrong: 1 })
    expect(host.calls.slice(-4)).toEqual([
      'look at page 100, byte 16',
      'look at page 101, byte 16',
      'vmap 100 101 101',
      'vunmap',
    ])
    expect(host.accesses).toEqual([{ by: 'cpu', do: 'read', at: 0xf000_0000, len: 2, content: Uint8Array.of(1, 2) }])
  })
})
