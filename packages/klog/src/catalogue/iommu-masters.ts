// Memory controllers and GPUs that stop accesses themselves: Tegra's memory controller, and MMUs of GPUs.
//
// Models: Linux v6.12 drivers/memory/tegra/mc.c: tegra30_mc_handle_irq
// Models: Linux v6.12 drivers/memory/tegra/tegra20.c: tegra20_mc_handle_irq
// Models: Linux v6.12 drivers/gpu/drm/panfrost/panfrost_mmu.c: panfrost_mmu_irq_handler_thread
// Models: Linux v6.12 drivers/gpu/drm/lima/lima_mmu.c: lima_mmu_irq_handler
// Models: Linux v6.12 drivers/gpu/drm/v3d/v3d_irq.c: v3d_hub_irq
// Models: Linux v6.12 drivers/gpu/drm/etnaviv/etnaviv_gpu.c: dump_mmu_fault
// Models: Linux v6.12 drivers/gpu/drm/msm/adreno/adreno_gpu.c: adreno_fault_handler
import { entries, type Form, type Seen } from './entry.ts'
import { at, fault } from './fault-advice.ts'

/** Interrupts of the memory controller that are about an access. */
const TEGRA_ERRORS = [
  'EMEM address decode error',
  'GART page fault',
  'Security violation',
  'EMEM arbitration error',
  'Page fault',
  'Invalid APB ASID update',
  'VPR violation',
  'Secure carveout violation',
  'MTS carveout violation',
  'Generalized carveout violation',
  'Route Sanity error',
]

const tegra = (seen: Seen): string => {
  const { fields } = seen
  const error = `${fields.text('error')} ${fields.text('desc')}`.trim()
  const rights = /\[([R-])([W-])/.exec(error)
  const says =
    error.includes('SMMU') || error.includes('Page fault') || error.includes('PDE or PTE')
      ? rights !== null && rights[0] !== '[--'
        ? `no permission: the page is mapped ${rights[1] === 'R' ? 'for reading' : 'for writing'} only`
        : 'not mapped: the SMMU has no translation'
      : error.includes('nr-nw') || seen.fields.has('dumped')
        ? 'not mapped: the SMMU has no translation'
        : error.includes('decode')
          ? 'the address is not memory: a wrong address was programmed, or the mapping is gone'
          : error.includes('arveout') ||
              error.includes('ecurity') ||
              error.includes('VPR') ||
              error.includes('TrustZone') ||
              error.includes('secure')
            ? 'no permission: the memory is protected (carveout, secure world)'
            : 'the access was refused'
  const access = fields.has('access') ? ` tried a ${fields.text('access').replace(',', '')}` : ''
  const client = fields.has('client') ? `the memory client ${fields.text('client')}` : 'a memory client'
  return `${client}${access}${fields.has('iova') ? ` at 0x${fields.text('iova').replace(/^0+(?=.)/, '')}` : ''}: ${says}`
}

export const IOMMU_MASTERS = entries([
  {
    id: 's390-pci-error',
    kind: 'problem',
    title: 'the machine reports an error of a PCI function',
    forms: [['3.9+', 'Event {pec:hex} reports an error for PCI function {fid:hex}']],
    source: 'arch/s390/pci/pci_event.c: __zpci_event_error',
    cause: ({ fields }) =>
      `event 0x${fields.text('pec')} (PEC) of function 0x${fields.text('fid')}: the machine took the function out of service. An access of the device to an address that is not mapped for it is one reason, failed hardware another: the code tells, in the manual of the machine`,
    next: 'is the function back (its error handler), and did its driver unmap something just before?',
    fixes: [
      'keep mappings until the device has stopped',
      'zpci recovery: echo 1 > /sys/bus/pci/devices/ADDRESS/recover',
    ],
  },
  fault(
    'tegra-mc-fault',
    'the Tegra memory controller stopped an access',
    'drivers/memory/tegra/mc.c: tegra30_mc_handle_irq',
    [
      ...TEGRA_ERRORS.flatMap((error): Form[] => [
        ['3.18+', `{client:word}: {access:word} @{iova:hex}: ${error} ({desc:text})`],
        ['3.18+', `{client:word}: secure {access:word} @{iova:hex}: ${error} ({desc:text})`],
      ]),
      ['vendor', '[mcerr] ({id:word}) {client:word}: {error:text}'],
      ['vendor', '[mcerr] {client:word}: {error:text}'],
      ['vendor', 'mc-err: ({id:word}) {client:word}: {error:text}'],
      ['vendor', 'mc-err: MC fault - {error:text}'],
      ['vendor', 'MC fault - no status: {error:text}'],
      ['vendor', '[mcerr] status = {status:hex}; addr = {iova:hex}', 'more'],
      ['vendor', '[mcerr] status = {status:hex}; addr = [{iova:hex} -> {last:hex}]', 'more'],
      ['vendor', 'mc-err: status = {status:hex}; addr = {iova:hex}', 'more'],
      ['vendor', 'access-type: {access:word}, SMMU fault: {desc:text}', 'more'],
      ['vendor', 'secure: {secure:word} access-type: {access:word}', 'more'],
      ['vendor', 'smmu_dump_pagetable(): fault_address={dumped:hex}', 'more'],
    ],
    tegra,
  ),
  fault(
    'gpu-mmu-fault',
    'the MMU of a GPU stopped an access',
    'drivers/gpu/drm: panfrost_mmu.c, lima_mmu.c, v3d_irq.c, etnaviv_gpu.c, adreno_gpu.c',
    [
      ['5.2+', 'Unhandled Page fault in AS{space:dec} at VA {iova:hex}'],
      ['5.2+', 'page fault at {iova:hex} from bus id {bus:dec} of type {access:word}'],
      ['4.18+', 'MMU error from client {client:text} at {iova:hex}'],
      ['6.x+', 'MMU {mmu:dec} fault ({why:text}) addr {iova:hex}'],
      ['4.x to 6.x', 'MMU {mmu:dec} fault addr {iova:hex}'],
      ['4.x+', 'MMU fault status {status:hex}'],
      ['5.14+', '*** gpu fault: ttbr0={ttbr:hex} iova={iova:hex} dir={access:word} type={why:word}'],
      ['4.x+', '*** gpu fault: iova={iova:hex} flags={flags:dec}'],
      ['3.x+', '*** fault: iova={iova:hex}, flags={flags:dec}'],
      ['4.15+', 'AXI bus error'],
    ],
    (seen) =>
      `the GPU accessed memory${at(seen)}${seen.fields.has('access') ? ` (${seen.fields.text('access').toLowerCase()})` : ''} that is not mapped for it, or without permission${seen.fields.has('why') ? ` (${seen.fields.text('why')})` : ''}: commands of a program with a wrong address, or a buffer that was freed while in use. The GPU's own tables, not those of the DMA API`,
  ),
])
