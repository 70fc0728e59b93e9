// Coherent memory of devices that do not snoop, on RISC-V with memory types in its page tables (Svpbmt) and without.
import { DIR } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { openLab, parseKernel } from '@dmalab/runner'
import { expect, test } from 'vitest'

const parts = await openLaboratory()
const board = (cpu: string) =>
  parts.registry.readBoard(
    `name: v
title: v
arch: riscv64
cpu: { lineSize: 64${cpu} }
memory: [{ base: 0x8000_0000, len: 1GiB }]
devices:
  - { name: plain, class: other, maskBits: 32 }
  - { name: snooping, class: other, maskBits: 32, coherent: true }
`,
    'v.yaml',
  )

test.each([
  ['', 'plain', 'uncached'],
  [', svpbmt: true', 'plain', 'uncached'],
  [', svpbmt: false', 'plain', 'cached'],
  [', svpbmt: false', 'snooping', 'cached'],
] as const)('a processor with "%s": that of a %s device is %s', (cpu, name, kind) => {
  const lab = openLab(parts, { kernel: parseKernel('riscv64@6.12', parts.registry), machine: board(cpu) })
  const memory = lab.dma.allocAttrs(lab.device(name), 4096, 0, 'block')
  expect(memory.ok && lab.mem.resolve(memory.value.cpuAddr)).toMatchObject({ kind })
})

test.each([
  ['riscv64@6.6', '', 'EIO'],
  ['riscv64@6.12', '', 'bounced'],
  ['riscv64@6.18', '', 'bounced'],
  ['riscv64@6.6', ', cacheOps: none', 'direct'],
  ['riscv64@6.12', ', cacheOps: none', 'direct'],
] as const)('%s, a processor with "%s" and all RAM below 4 GiB: a small buffer is %s', (kernel, cpu, expected) => {
  const lab = openLab(parts, { kernel: parseKernel(kernel, parts.registry), machine: board(cpu) })
  const pfn = lab.mem.allocPages(4096, { owner: 'small' })
  if (!pfn.ok) throw new Error(pfn.why)
  const mapped = lab.dma.mapPageAttrs(lab.device('plain'), { kind: 'page', pfn: pfn.value }, 8, 8, DIR.FROM_DEVICE, 0)
  const at = mapped.ok ? (mapped.value === pfn.value * 4096 + 8 ? 'direct' : 'bounced') : mapped.errno
  expect(at).toBe(expected)
})
