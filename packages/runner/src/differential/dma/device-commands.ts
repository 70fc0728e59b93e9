// What a driver asks about its device, and calls that no modelled kernel has.
import { isTranslated } from './places.ts'
import { command, type Command, NAME, NUMBER } from './params.ts'

/** SIZE_MAX: nothing limits the size. */
export const UNLIMITED = 'unlimited'

/** What a device without an IOMMU answers where the kernel has these calls. */
const twoStep =
  (name: string, answer: string): Command =>
  () =>
  (boot) =>
    `${name} ${boot.lab.facts.mapsByPhys && !boot.lab.devices.some(isTranslated) ? answer : 'unknown'}`

export const DEVICE_COMMANDS: Readonly<Record<string, Command>> = {
  mask: command({ device: NAME, bits: NUMBER }, (boot, { device: name, bits }) => {
    const device = boot.device(name)
    if (device === undefined) return 'mask bad'
    const got = boot.lab.dma.setMask(device, bits)
    return `mask ${got.ok ? 'ok' : got.errno}`
  }),

  cmask: command({ device: NAME, bits: NUMBER }, (boot, { device: name, bits }) => {
    const device = boot.device(name)
    if (device === undefined) return 'cmask bad'
    const got = boot.lab.dma.setCoherentMask(device, bits)
    return `cmask ${got.ok ? 'ok' : got.errno}`
  }),

  info: command({ device: NAME }, (boot, { device: name }) => {
    const device = boot.device(name)
    if (device === undefined) return 'info bad'
    const ops = boot.lab.ops(device)
    const max = ops.maxMappingSize()
    const required = (2n ** BigInt(ops.requiredMaskBits()) - 1n).toString(16)
    return `info max=${max === Infinity ? UNLIMITED : max.toString(16)} req=${required}`
  }),

  // The two-step calls serve devices behind an IOMMU only; those are not modelled yet.
  ialloc: twoStep('ialloc', 'no'),
  ilink: twoStep('ilink', 'bad'),
  isync: twoStep('isync', 'bad'),
  iunlink: twoStep('iunlink', 'bad'),
  ifree: twoStep('ifree', 'bad'),
}
