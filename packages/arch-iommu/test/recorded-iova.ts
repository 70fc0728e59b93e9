// Two-step mapping over a recorded domain and a bounce pool of single pages.
import { fail, type Host, ok, phys, type PhysAddr, pluginApi } from '@dmalab/api'
import { iovaCalls } from '../src/two-step-iova.ts'
import { type Failing, PAGE, RAM, recordedDomain } from './recorded-domain.ts'

export const MMIO = 1024
export const REQUIRE_COHERENT = 2048
/** Slots of the bounce pool, a page each. */
const SLOTS = 0x9000_0000
const hex = (x: number): string => x.toString(16)

export interface IovaSetup {
  readonly coherent?: boolean
  readonly bounces?: boolean
  readonly failing?: Failing
  /** From this slot on there is none left. */
  readonly slots?: number
}
export const openIova = ({ coherent = false, bounces = false, failing = {}, slots = Infinity }: IovaSetup = {}) => {
  const recorded = recordedDomain(failing)
  const { calls, domain } = recorded
  const texts: string[] = []
  let used = 0
  let held = 0
  const host = {
    device: { name: 'dev' },
    kernel: { attrs: { MMIO, REQUIRE_COHERENT } },
    arch: {
      syncForDevice: (at: number, size: number) => void calls.push(`clean ${hex(at)} ${hex(size)}`),
      syncForCpu: (at: number, size: number) => void calls.push(`invalidate ${hex(at)} ${hex(size)}`),
    },
    printk: (_level: string, text: string) => void texts.push(text),
    emit: ({ code, text }: { code: string; text: string }) => void texts.push(`${code}: ${text}`),
  } as unknown as Host
  const bounce = {
    wanted: () => bounces,
    wantedFor: () => bounces,
    bounces: (at: number, size: number) => bounces && (at % PAGE !== 0 || size % PAGE !== 0),
    map: (at: number, size: number) => {
      if (used >= slots) return fail('EIO', 'no slot')
      const slot = SLOTS + used++ * PAGE + (at % PAGE)
      held += 1
      calls.push(`slot ${hex(slot)} for ${hex(at)} ${hex(size)}`)
      return ok(phys(slot))
    },
    refuse: () => fail('EIO', 'refused'),
    giveBack: (at: number, size: number) => {
      if (at < SLOTS) return
      held -= 1
      calls.push(`slot ${hex(at)} back ${hex(size)}`)
    },
    syncForCpu: () => undefined,
    syncForDevice: () => undefined,
  }
  const iova = iovaCalls(pluginApi, host, {
    domain,
    bounce,
    coherent,
    limits: () => ({}) as never,
    protOf: (dir) => dir + 1,
  })
  const take = (at: number, size: number) => {
    const state = iova.tryAlloc(at as PhysAddr, size)
    if (!state.ok) throw new Error(state.why)
    return state.value
  }
  return { ...recorded, iova, texts, take, held: () => held }
}
export const at = (offset: number): PhysAddr => (RAM + offset) as PhysAddr
