// What of memory a device reaches by its bus, and how many address bits that takes.
import type { DeviceFacts, Range } from './machine.ts'

type OnBus = Pick<DeviceFacts, 'dmaRanges' | 'busLimit'>

/** The bus address of a physical one; undefined where windows and bus lead nowhere near it. */
export const busAddressOf = ({ dmaRanges, busLimit = Infinity }: OnBus, at: number): number | undefined => {
  const window = dmaRanges?.find(({ cpu, len }) => at >= cpu && at - cpu < len)
  if (dmaRanges !== undefined && window === undefined) return undefined
  const bus = window === undefined ? at : at - window.cpu + window.bus
  return bus <= busLimit ? bus : undefined
}

/** Width of the narrowest mask that holds a bus address. */
export const bitsOf = (bus: number): number => Math.ceil(Math.log2(bus + 1))

/** Address bits that a device must drive to reach all memory that its windows and its bus lead to; 0 where they lead to none. */
export const bitsNeeded = (device: OnBus, memory: readonly Range[]): number => {
  const windows = device.dmaRanges ?? [{ cpu: 0, bus: 0, len: Infinity }]
  const last = memory.flatMap(({ base, len: bankLen }) =>
    windows.flatMap(({ cpu, bus, len }) => {
      const top = Math.min(base + bankLen, cpu + len)
      const at = Math.min(top - 1 - cpu + bus, device.busLimit ?? Infinity)
      return top > Math.max(base, cpu) && at >= bus ? [at] : []
    }),
  )
  return bitsOf(Math.max(0, ...last))
}
