// What is said of a device that a board does not have, or has switched off.
import { orMeant } from './likeliest.ts'
import type { DisabledDevice, Machine } from './machine.ts'

/** `is disabled in the device tree: status of /soc/codec@1000`. */
export const disabledWords = ({ title, by }: DisabledDevice): string =>
  `is disabled in the device tree (status of ${by ?? title})`

/** By its name, or by the path or the name of its node. */
export const disabledDevice = ({ disabled = [] }: Machine, name: string): DisabledDevice | undefined =>
  disabled.find((device) => device.name === name || device.title === name || device.title.endsWith(`/${name}`))

/** `board x has no device "y"`; where it is there and disabled, that. `others`: names beside the board's. */
export const missingDevice = (machine: Machine, name: string, others: readonly string[] = []): string => {
  const device = disabledDevice(machine, name)
  return device === undefined
    ? `board ${machine.name} has no device "${name}"${orMeant(name, [...deviceNames(machine), ...others])}`
    : `device ${device.name} of board ${machine.name} ${disabledWords(device)}`
}

const deviceNames = ({ devices, disabled = [] }: Machine): readonly string[] =>
  [...devices, ...disabled].map(({ name }) => name)
