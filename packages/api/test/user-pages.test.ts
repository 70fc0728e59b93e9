// Which memory of a task a driver can have by address.
import { expect, it } from 'vitest'
import { DIR, type KernelFacts, MEDIA_V4_11, MEDIA_V6_12, phys, pinUser, type UserMapping } from '../src/index.ts'

const V6_12 = { media: MEDIA_V6_12 } as KernelFacts
const V4_11 = { media: MEDIA_V4_11 } as KernelFacts
const memory = (more: Partial<UserMapping> = {}): UserMapping => ({
  phys: phys(0x1000),
  len: 8192,
  kind: 'cached',
  ...more,
})

it('all of it has to be mapped', () => {
  expect(pinUser(V6_12, memory(), 8192, DIR.FROM_DEVICE)).toMatchObject({ ok: true })
  expect(pinUser(V6_12, memory(), 8193, DIR.FROM_DEVICE)).toMatchObject({ ok: false, errno: 'EFAULT' })
})

it('a device may read what the task may only read, and not write there', () => {
  const readOnly = memory({ readOnly: true })
  expect(pinUser(V6_12, readOnly, 4096, DIR.TO_DEVICE).ok).toBe(true)
  for (const dir of [DIR.FROM_DEVICE, DIR.BIDIRECTIONAL])
    expect(pinUser(V6_12, readOnly, 4096, dir)).toMatchObject({ ok: false, errno: 'EFAULT' })
})

it('memory without page references was taken until 6.1', () => {
  const pfnMap = memory({ pfnMap: true })
  expect(pinUser(V4_11, pfnMap, 4096, DIR.TO_DEVICE).ok).toBe(true)
  expect(pinUser(V6_12, pfnMap, 4096, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'EFAULT' })
})
