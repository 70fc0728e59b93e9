// Which devices of a given board take the parts of exporter and importer, and the machine in which they do.
import { type Arch, type DeviceClass, type DeviceFacts, InputError, type Machine, missingDevice } from '@dmalab/api'

/** A board on which an exploration is to take place. */
export interface GivenBoard {
  readonly machine: Machine
  /** Exporter, importer, and perhaps a second importer; the devices are chosen by their facts when there is none. */
  readonly devices: readonly string[]
}

/** Devices by name, the usual one of each part first. */
export interface BoardParts {
  readonly machine: Machine
  readonly exporters: readonly string[]
  readonly importers: readonly string[]
  readonly second: string | null
}

/** @throws InputError for a board that is not the kernel's, and for devices that it has not */
export const partsOn = ({ machine, devices }: GivenBoard, kernel: string, arch: Arch): BoardParts => {
  if (machine.arch !== arch.board)
    throw new InputError(
      `board ${machine.name} has ${machine.arch} processors, and ${kernel} is a kernel for ${arch.board}`,
      {},
      'give a kernel of the same architecture (dmalab kernel list)',
    )
  return devices.length === 0 ? chosen(machine) : named(machine, devices)
}

const named = (machine: Machine, devices: readonly string[]): BoardParts => {
  const all = machine.devices.map(({ name }) => name)
  const unknown = devices.find((name) => !all.includes(name))
  if (unknown !== undefined) throw new InputError(missingDevice(machine, unknown), {}, `it has ${all.join(', ')}`)
  const [exporter = '', importer = '', second = null] = devices
  if (new Set(devices).size !== devices.length || devices.length < 2 || devices.length > 3)
    throw new InputError(
      `devices ${devices.join(', ')}: an exploration has an exporter, an importer, and perhaps a second importer`,
      {},
      'name two or three devices, each once',
    )
  return { machine, exporters: [exporter], importers: [importer], second }
}

/** One device of each kind: those that are alike to the DMA API would only show the same again. */
const chosen = (machine: Machine): BoardParts => {
  const [first] = machine.devices.toSorted((a, b) => b.pools.length - a.pools.length)
  const others = machine.devices.filter((device) => device !== first)
  if (first === undefined || others.length === 0)
    throw new InputError(
      `board ${machine.name} has ${machine.devices.length === 0 ? 'no device' : 'one device'} that does DMA`,
      {},
      'an exploration needs an exporter and an importer',
    )
  const importers = oneOfEach(others)
  return {
    machine,
    exporters: oneOfEach([first, ...others]).map(({ name }) => name),
    importers: importers.map(({ name }) => name),
    second: null,
  }
}

const oneOfEach = (devices: readonly DeviceFacts[]): readonly DeviceFacts[] => {
  const kinds = new Map<string, DeviceFacts>()
  for (const device of devices) if (!kinds.has(kindOf(device))) kinds.set(kindOf(device), device)
  return [...kinds.values()]
}

/** What tells devices apart for people and drivers, and not for the DMA API. */
const NAMES: ReadonlySet<string> = new Set(['name', 'title', 'compatible', 'class', 'driver', 'driverName'])

const kindOf = (device: DeviceFacts): string =>
  JSON.stringify(
    Object.entries(device)
      .filter(([key]) => !NAMES.has(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

/** Who has which part in one configuration. */
export interface Cast {
  readonly exporter: string
  readonly importer: string
}

/** A device has one part only: where both axes name one device, the usual exporter imports. */
export const castOf = ({ exporters, importers }: BoardParts, exporter: string, importer: string): Cast => ({
  exporter,
  importer: exporter === importer ? ([...importers, ...exporters].find((name) => name !== exporter) ?? '') : importer,
})

export interface RolesOnBoard {
  readonly cast: Cast
  /** The exporter keeps its pools. */
  readonly pooled: boolean
  /** What its driver is in this configuration; null: the board's. */
  readonly exporterClass: DeviceClass | null
  readonly importerDriver: string | null
}

/** The board, with other drivers for the two devices where the configuration says so. */
export const machineOnBoard = ({ machine }: BoardParts, roles: RolesOnBoard): Machine => ({
  ...machine,
  devices: machine.devices.map((device) => {
    if (device.name === roles.cast.exporter) return exporterOf(device, roles)
    if (device.name === roles.cast.importer && roles.importerDriver !== null)
      return { ...device, class: 'converter' as const, driver: roles.importerDriver }
    return device
  }),
})

const exporterOf = (device: DeviceFacts, { pooled, exporterClass }: RolesOnBoard): DeviceFacts => {
  const own = pooled ? device : { ...device, pools: [] }
  if (exporterClass === null) return own
  const { driver: _driver, driverName: _name, compatible: _compatible, ...rest } = own
  return { ...rest, class: exporterClass }
}

/** Regions that are the device's coherent pools. */
export const coherentPoolsOf = ({ devices, reserved }: Machine, name: string): readonly string[] =>
  (devices.find((device) => device.name === name)?.pools ?? []).filter((pool) =>
    reserved.some(
      (region) => region.name === pool && region.compatible === 'shared-dma-pool' && !region.reusable && region.noMap,
    ),
  )
