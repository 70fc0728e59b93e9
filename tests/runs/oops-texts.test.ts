// The console text of a fault by architecture and release, as logs of real kernels have it.
import { openRegistry } from '@dmalab/lab'
import { expect, test } from 'vitest'

const registry = openRegistry()
const textOf = (kernel: string): readonly string[] => {
  const { oops } = registry.arches.get(registry.kernels.get(kernel).arch)
  const address = kernel.startsWith('arm@') ? 'ee020000' : 'ffff000038000000'
  return [
    ...oops.pageFault({ nullPointer: false, address, write: false }),
    ...oops.backtrace([oops.memcpy, 'swiotlb_tbl_map_single']),
  ]
}

test.each([
  ['arm@4.11', ['virtual address ee020000', 'Backtrace:', '(memcpy) from (swiotlb_tbl_map_single)']],
  ['arm@6.1', ['virtual address ee020000', 'Backtrace:', ' memcpy from swiotlb_tbl_map_single']],
  ['arm@6.12', ['virtual address ee020000 when read', 'Call trace:', ' memcpy from swiotlb_tbl_map_single']],
  ['arm@7.2', ['virtual address ee020000 when read', 'Call trace:', ' memcpy from swiotlb_tbl_map_single']],
  ['arm64@5.10', ['Oops: 0000000096000006 [#1] SMP', 'pc : __memcpy', ' __memcpy']],
  ['arm64@6.12', ['Oops: 0000000096000006 [#1] SMP', 'pc : __memcpy', ' __memcpy']],
  ['arm64@7.2', ['Oops: 0000000096000006 [#1]  SMP', 'pc : __pi_memcpy_generic', ' __pi_memcpy_generic (P)']],
  ['arm64@6.18', ['Oops: 0000000096000006 [#1]  SMP', 'pc : __pi_memcpy_generic', ' __pi_memcpy_generic (P)']],
  ['riscv64@6.12', ['Oops [#1]', 'epc : __memcpy', ' ra : swiotlb_tbl_map_single']],
  [
    'x86_64@6.12',
    ['BUG: unable to handle page fault for address: ffff000038000000', 'Oops: Oops: 0000 [#1]', ' <TASK>'],
  ],
] as const)('%s', (kernel, lines) => {
  const text = textOf(kernel)
  const missing = lines.filter((line) => !text.some((each) => each === line || each.includes(line)))
  expect({ missing, text }).toMatchObject({ missing: [] })
})

test('arm before v6.2 does not say whether it read or wrote', () => {
  expect(textOf('arm@6.1').join('\n')).not.toContain('when read')
})
