// Machines made for an exploration.
import { expect, it } from 'vitest'
import { plainMachine } from '../src/machine.ts'

it.each([
  ['x86_64', 'always', true],
  ['arm64', 'when-told', false],
] as const)('devices of %s, which snoop %s', (board, snoops, coherent) => {
  const { devices } = plainMachine({ board, pointerBits: 64, snoops })
  expect(devices.map((device) => device.coherent)).toEqual([coherent, coherent])
})
