// Mapping in two steps: bus addresses first, then memory linked to them.
import { DIR, type KResult } from '@dmalab/api'
import type { DmaBoot } from './dma-boot.ts'
import { command, type Command, DIRECTION, NAME, NUMBER, optional, PHYS } from './params.ts'
import { physIn } from './phys-place.ts'
import { placeOf } from './places.ts'

/** The calls of a kernel that has none are unknown commands to the recording machine. */
const ifThere = (boot: DmaBoot, name: string, run: () => string): string =>
  `${name} ${boot.lab.facts.twoStepIova ? run() : 'unknown'}`

const answer = (done: KResult<unknown>): string => (done.ok ? 'ok' : done.errno)

export const TWO_STEP_COMMANDS: Readonly<Record<string, Command>> = {
  ialloc: command(
    { name: NAME, device: NAME, at: PHYS, size: NUMBER },
    (boot, { name, device: deviceName, at, size }) =>
      ifThere(boot, 'ialloc', () => {
        const device = boot.device(deviceName)
        const where = physIn(boot, at)
        if (device === undefined || where === undefined) return 'bad'
        const state = boot.lab.dma.iovaTryAlloc(device, where, size)
        if (!state.ok) return 'no'
        boot.put({ kind: 'iova', name, device, state: state.value, mapped: 0, dir: DIR.BIDIRECTIONAL, attrs: 0 })
        return `ok ${placeOf(boot.lab, device, state.value.addr, size)}`
      }),
  ),

  ilink: command(
    { name: NAME, at: PHYS, offset: NUMBER, len: NUMBER, dir: DIRECTION, attrs: NUMBER },
    (boot, { name, at, offset, len, dir, attrs }) =>
      ifThere(boot, 'ilink', () => {
        const range = boot.find('iova', name)
        const where = physIn(boot, at)
        if (range === undefined || where === undefined) return 'bad'
        const { device, state } = range
        const linked = boot.lab.dma.iovaLink(device, state, where, offset, len, dir, attrs)
        if (!linked.ok) return linked.errno
        Object.assign(range, { mapped: Math.max(range.mapped, offset + len), dir, attrs })
        return `ok ${placeOf(boot.lab, device, (state.addr + offset) as typeof state.addr, len)}`
      }),
  ),

  isync: command({ name: NAME, offset: NUMBER, len: NUMBER }, (boot, { name, offset, len }) =>
    ifThere(boot, 'isync', () => {
      const range = boot.find('iova', name)
      return range === undefined ? 'bad' : answer(boot.lab.dma.iovaSync(range.device, range.state, offset, len))
    }),
  ),

  iunlink: command(
    { name: NAME, offset: NUMBER, len: NUMBER, dir: DIRECTION, attrs: NUMBER },
    (boot, { name, offset, len, dir, attrs }) =>
      ifThere(boot, 'iunlink', () => {
        const range = boot.find('iova', name)
        if (range === undefined) return 'bad'
        boot.lab.dma.iovaUnlink(range.device, range.state, offset, len, dir, attrs)
        range.mapped = Math.min(range.mapped, offset)
        return 'ok'
      }),
  ),

  /** With a length: dma_iova_destroy() of so much. */
  ifree: command(
    { name: NAME, len: optional(NUMBER, 0), dir: optional(DIRECTION, DIR.BIDIRECTIONAL), attrs: optional(NUMBER, 0) },
    (boot, { name, len, dir, attrs }) =>
      ifThere(boot, 'ifree', () => {
        const range = boot.find('iova', name)
        if (range === undefined) return 'bad'
        if (len > 0) Object.assign(range, { mapped: len, dir, attrs })
        boot.drop(range)
        return 'ok'
      }),
  ),
}
