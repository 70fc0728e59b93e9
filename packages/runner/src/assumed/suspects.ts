// What a run rests on that no input states, and when that decides the case.
import { type Assumption, bitsNeeded, bytes, type DeviceFacts, type DriverDef, type Machine } from '@dmalab/api'
import { kernelDriverOf } from '@dmalab/machine'
import type { Observed } from './observed.ts'

/**
 * An assumption decides a run when the run would, or may, have ended another way had it been wrong:
 * - `driver`, `element`: always. Another driver takes other memory, and another element copies what this one passes on.
 * - `mask`: the device was given an address, or refused memory, that a wider mask changes.
 * - `memory`, where it starts: a device of the run does not reach all of it.
 * - `memory`, the CMA area: it was full, or more was taken from it than the smallest usual area has.
 * - `memory`, the size of a cache line: bytes were wrong.
 * - `format`: never. The head of each report names the pictures that the verdict is about.
 */
export interface Suspect {
  readonly assumption: Assumption
  /** The assumption as this run meets it; undefined where it does not matter. */
  readonly decides: (run: Observed) => Assumption | undefined
}

/** A device that a run works with. */
export interface Use {
  readonly device: string
  /** Its driver's queues or its screen are used: more than the DMA API. */
  readonly driver: boolean
  /** The element that it works for, if there is one, and what bound the two. */
  readonly element?: string
  readonly by?: string
}

export type DriverOf = (facts: DeviceFacts) => DriverDef | undefined

/** What the words of the work left open. */
export const suspectsOfWork = (assumptions: readonly Assumption[]): readonly Suspect[] =>
  assumptions.map((assumption) => ({
    assumption,
    decides: () => (assumption.kind === 'format' ? undefined : assumption),
  }))

/** What the machine leaves open, for the devices of a run. */
export const suspectsOfMachine = (machine: Machine, uses: readonly Use[], driverOf: DriverOf): readonly Suspect[] => {
  const used = machine.devices.filter(({ name }) => uses.some(({ device }) => device === name))
  return [
    ...uses.flatMap((use) => driverSuspect(machine, use, driverOf)),
    ...used.flatMap((device) => maskSuspect(machine, device)),
    ...memorySuspects(machine, used),
  ]
}

/** A driver that only the class of its device tells. Whoever binds an element to a device answers for what it does. */
const driverSuspect = (machine: Machine, { device, driver, element, by = '' }: Use, driverOf: DriverOf): Suspect[] => {
  const facts = machine.devices.find(({ name }) => name === device)
  if (!driver || facts === undefined || facts.driver !== undefined) return []
  if (kernelDriverOf(facts) !== undefined) return []
  if (by === '--bind' || by.startsWith('class ')) return []
  const model = driverOf(facts)?.name
  if (model === undefined) return []
  const bind = element === undefined ? '' : `--bind ${element}=${device}, or `
  const assumption: Assumption = {
    kind: 'driver',
    what: `the driver of ${device} works as ${model} does`,
    why: `only its class is known (${facts.class})`,
    howToState: `${bind}driver: ${model} at ${device} in a board file`,
  }
  return [{ assumption, decides: () => assumption }]
}

const maskSuspect = (machine: Machine, device: DeviceFacts): Suspect[] => {
  const { name, maskBits } = device
  const guess = machine.assumed?.find((one) => one.fact === 'mask' && one.device === name)
  const needed = bitsNeeded(device, machine.memory)
  if (guess === undefined || isTranslated(machine, device) || needed <= maskBits) return []
  const assumption: Assumption = {
    kind: 'mask',
    what: `${name} drives ${maskBits} address bits; it needs ${needed} to reach all memory`,
    why: guess.why,
    howToState: `maskBits at ${name} in a board file`,
  }
  const decides = ({ bits }: Observed): Assumption | undefined => {
    const met = bits.get(name) ?? 0
    if (met <= maskBits) return undefined
    return { ...assumption, what: `${name} drives ${maskBits} address bits; this run needs at least ${met} bits` }
  }
  return [{ assumption, decides }]
}

const isTranslated = ({ iommus }: Machine, { iommu }: DeviceFacts): boolean =>
  iommus.some(({ name, enabled }) => name === iommu && enabled)

const memorySuspects = (machine: Machine, used: readonly DeviceFacts[]): Suspect[] =>
  (machine.assumed ?? []).flatMap(({ fact, why }): Suspect[] => {
    switch (fact) {
      case 'mask':
        return []
      case 'memory': {
        const start = Math.min(...machine.memory.map(({ base }) => base))
        const banks = machine.memory.map(
          ({ base, len }) => `--memory ${bytes(len).replace(' ', '')}@0x${base.toString(16)}`,
        )
        const assumption = memoryOf(`memory starts at 0x${start.toString(16)}`, why, banks.join(' '))
        const short = used.some((device) => !isTranslated(machine, device) && !reachesAll(machine, device))
        return [{ assumption, decides: () => (short ? assumption : undefined) }]
      }
      case 'cma': {
        const area = machine.reserved.find((region) => region.default === 'cma')
        if (area === undefined) return []
        const what = `the default CMA area has ${area.len / 2 ** 20} MiB`
        const assumption = memoryOf(
          what,
          why,
          `--cmdline cma=${area.len / 2 ** 20}M, or what the kernel has (dmesg says: cma: Reserved)`,
        )
        const decides = ({ cma }: Observed) => (cma.full || cma.peak > SMALL_CMA ? assumption : undefined)
        return [{ assumption, decides }]
      }
      case 'line-size': {
        const what = `a cache line has ${machine.cpu.lineSize} bytes`
        const assumption = memoryOf(what, why, 'cpu.lineSize in a board file')
        return [{ assumption, decides: ({ wrong }) => (wrong ? assumption : undefined) }]
      }
    }
  })

/** What an area has that a kernel's configuration does not size: 16 MiB. Models: Linux v6.12 kernel/dma/Kconfig: CMA_SIZE_MBYTES */
const SMALL_CMA = 16 * 2 ** 20

const memoryOf = (what: string, why: string, howToState: string): Assumption => ({
  kind: 'memory',
  what,
  why,
  howToState,
})

/** Every bank, through windows, bus and mask. */
const reachesAll = ({ memory }: Machine, { dmaRanges, busLimit = Infinity, maskBits }: DeviceFacts): boolean =>
  memory.every(({ base, len }) => {
    const window = (dmaRanges ?? [{ cpu: 0, bus: 0, len: Infinity }]).find(
      ({ cpu, len: size }) => base >= cpu && base + len <= cpu + size,
    )
    return window !== undefined && base + len - 1 - window.cpu + window.bus <= Math.min(busLimit, 2 ** maskBits - 1)
  })
