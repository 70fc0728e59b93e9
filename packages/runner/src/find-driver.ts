// Which driver model stands for the driver of a device.
import type { DeviceFacts, DriverDef, DriverNode } from '@dmalab/api'
import { kernelDriverOf } from '@dmalab/machine'
import type { Registry } from './registry.ts'

/**
 * The model that the board names; else that of the kernel driver that is known to bind there: its own, or the one for what it offers.
 * `opened`: the node of it that is wanted. Where no driver is known, the first model for the class of the device, which is a guess.
 */
export const driverFinder =
  ({ drivers }: Registry) =>
  (facts: DeviceFacts, opened: DriverNode['kind'] | null = null): DriverDef | undefined => {
    const { driver, class: kind } = facts
    if (driver !== undefined && drivers.has(driver)) return drivers.get(driver)
    const known = kernelDriverOf(facts)
    if (known === undefined)
      return driver === undefined ? drivers.values().find(({ classes }) => classes.includes(kind)) : drivers.get(driver)
    const own = drivers.values().find(({ name, kernelName }) => name === known.name || kernelName === known.name)
    if (own !== undefined) return own
    const node = known.nodes.find(({ kind: each }) => each === opened) ?? known.nodes[0]
    return node && drivers.values().find(({ nodes = [] }) => nodes.includes(node.kind))
  }

/** What kernel messages call the driver of a device. */
export const kernelNameOf = (facts: DeviceFacts, model: DriverDef | undefined): string | undefined =>
  model?.kernelName ?? kernelDriverOf(facts)?.name ?? model?.name
