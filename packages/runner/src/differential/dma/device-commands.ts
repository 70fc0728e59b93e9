// What a driver asks about its device.
import { command, type Command, NAME, NUMBER } from './params.ts'

/** SIZE_MAX: nothing limits the size. */
export const UNLIMITED = 'unlimited'

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
}
