// Flags that the commands of the topic `board` share.
import { Flags } from '@oclif/core'

export const archFlag = Flags.option({
  options: ['armhf', 'arm64', 'riscv64'] as const,
  summary: 'Architecture of the kernel; by the CPUs of the board when absent',
})

export const overlayFlag = Flags.string({
  summary: 'Device tree overlay (.dtbo, or source with dtc) to lay over the tree; once for each, in their order',
  helpValue: 'FILE',
  multiple: true,
  multipleNonGreedy: true,
})

export const memoryFlag = Flags.string({
  summary: 'Memory where the device tree states none, such as 2GiB or 2GiB@0x8000_0000; once for each bank',
  helpValue: 'SIZE[@BASE]',
  multiple: true,
  // Else it would take the file behind it for another bank.
  multipleNonGreedy: true,
})
