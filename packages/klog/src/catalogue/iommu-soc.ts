// IOMMUs of systems on chip: every driver of drivers/iommu that prints a fault.
//
// Models: Linux v6.12 drivers/iommu/rockchip-iommu.c: rk_iommu_irq, log_iova, rk_iommu_force_reset
// Models: Linux v6.12 drivers/iommu/exynos-iommu.c: show_fault_information, exynos_sysmmu_irq
// Models: Linux v6.12 drivers/iommu/mtk_iommu.c: mtk_iommu_isr
// Models: Linux v6.12 drivers/iommu/mtk_iommu_v1.c: mtk_iommu_v1_isr
// Models: Linux v6.12 drivers/iommu/apple-dart.c: apple_dart_t8020_irq, apple_dart_t8110_irq
// Models: Linux v6.12 drivers/iommu/sun50i-iommu.c: sun50i_iommu_report_fault
// Models: Linux v6.12 drivers/iommu/ipmmu-vmsa.c: ipmmu_domain_irq
// Models: Linux v6.12 drivers/iommu/virtio-iommu.c: viommu_fault_handler
// Models: Linux v6.12 drivers/iommu/msm_iommu.c: msm_iommu_fault_handler, print_ctx_regs
// Models: Linux v6.12 drivers/iommu/omap-iommu.c: iommu_fault_handler
// Models: Linux v6.12 drivers/iommu/sprd-iommu.c: sprd_iommu_map
// Models: Linux v6.12 drivers/iommu/fsl_pamu.c: pamu_av_isr
import { dartFault, ipmmuFault, mtkFault, omapFault } from '../codes/soc.ts'
import { smmuFault } from '../codes/smmu.ts'
import { entries, type Seen } from './entry.ts'
import { at, fault } from './fault-advice.ts'

const rockchip = (seen: Seen): string => {
  const { fields } = seen
  if (fields.has('type') || !fields.has('dte'))
    return `a ${fields.has('type') ? fields.text('type') : 'device access'}${at(seen)} is not mapped, or has no permission${tables(seen)}`
  return `the tables for IOVA 0x${fields.text('iova2')}${tables(seen)}; the line before says what was tried`
}
/** Valid bits of directory, table and page. */
const tables = ({ fields }: Seen): string => {
  if (!fields.has('dteValid')) return ''
  if (fields.text('dteValid') === '0') return ': the directory has no entry there, so nothing is mapped in those 4 MiB'
  return fields.text('pteValid') === '0'
    ? ': the table has no entry there, so the page is not mapped'
    : ': the page is mapped, so the permission (flags) is the matter'
}

const exynos = (seen: Seen): string => {
  const name = seen.fields.has('name') ? seen.fields.text('name') : seen.fields.has('iova') ? 'PAGE' : ''
  const says = name.includes('PAGE')
    ? 'not mapped (page fault)'
    : name.includes('PTW')
      ? 'the tables could not be read, or have no entry there: not mapped'
      : name.includes('ACCESS') || name === 'PROTECTION'
        ? `no permission (${name === 'PROTECTION' ? 'a protection fault' : 'access protection'})`
        : name.includes('SECURITY')
          ? 'no permission (security protection)'
          : name.includes('MULTI')
            ? 'two TLB entries for one address'
            : name.includes('BUS')
              ? 'a bus error'
              : name === ''
                ? 'the lines around it say what was accessed'
                : `${name} fault`
  const access = seen.fields.has('access') ? ` tried a ${seen.fields.text('access').toLowerCase()}` : ''
  return `${seen.fields.has('master') ? seen.fields.text('master').trim() : 'the master'}${access}${at(seen)}: ${says}`
}

export const IOMMU_SOC = entries([
  fault(
    'rk-iommu-fault',
    'the Rockchip IOMMU stopped an access',
    'drivers/iommu/rockchip-iommu.c: rk_iommu_irq',
    [
      ['3.19+', 'Page fault at {iova:hex} of type {type:word}'],
      ['3.19+', 'iova = {iova2:hex}: dte_index: {dte:hex} pte_index: {pte:hex} page_offset: {offset:hex}', 'more'],
      [
        '3.19+',
        'mmu_dte_addr: {root:hex} dte@{dteAt:hex}: {dteWord:hex} valid: {dteValid:dec} pte@{pteAt:hex}: {pteWord:hex} valid: {pteValid:dec}',
        'more',
      ],
      ['vendor', 'IOMMU intr fault, IOVA[{iova:hex}], STATUS[{status:hex}]'],
      ['vendor', 'RGA IOMMU: page fault! Please check the memory size.'],
    ],
    rockchip,
  ),
  fault(
    'rk-iommu-state',
    'the Rockchip IOMMU does not work',
    'drivers/iommu/rockchip-iommu.c: rk_iommu_enable_stall, rk_iommu_force_reset',
    [
      ['3.19+', 'Page fault while iommu not attached to domain?'],
      ['3.19+', 'Enable stall request timed out, status: {status:hex}'],
      ['3.19+', 'Disable stall request timed out, status: {status:hex}'],
      ['3.19+', 'Enable paging request timed out, status: {status:hex}'],
      ['3.19+', 'Disable paging request timed out, status: {status:hex}'],
      ['3.19+', 'Error during raw reset. MMU_DTE_ADDR is not functioning'],
      ['3.19+', 'FORCE_RESET command timed out'],
      ['3.19+', 'unexpected int_status: {status:hex}'],
      ['3.19+', 'BUS_ERROR occurred at {iova:hex}'],
      ['3.19+', 'already mapped to {old:word} cannot remap to phys: {now:word}'],
    ],
    'the IOMMU faulted without a domain, or does not answer: its clock or power domain is off, its master is stuck, or an IOVA was mapped twice',
  ),
  fault(
    'exynos-sysmmu-fault',
    'the Exynos System MMU stopped an access',
    'drivers/iommu/exynos-iommu.c: show_fault_information',
    [
      ['6.3+', 'sysmmu: {master:word}: [{access:word}] {name:text} FAULT occurred at {iova:hex}'],
      ['4.4 to 6.2', 'sysmmu: {master:word}: {name:text} FAULT occurred at {iova:hex}'],
      ['4.4+', '{name:word} FAULT occurred at {iova:hex}'],
      [
        '3.9 to 4.3',
        '{name:word} PROTECTION FAULT occurred at {iova:hex} by {master:text}(Page table base: {base:word}',
      ],
      ['3.9+', '{name:word} PROTECTION FAULT occurred at {iova:hex}'],
      ['3.9 to 4.3', '{name:word} FAULT occurred at {iova:hex} by {master:text}(Page table base: {base:word}'],
      ['3.9 to 4.3', '{name:word} ERROR occurred at {iova:hex} by {master:text}(Page table base: {base:word}'],
      ['3.9 to 4.3', 'Lv1 entry: {lv1:word}', 'more'],
      ['3.9 to 4.3', 'Lv2 entry: {lv2:word}', 'more'],
      ['vendor', "{name:word} FAULT occured at {iova:hex} by '{master:text}'(Page table base: {base:word}"],
      ['vendor', '{name:word} FAULT occurred at {iova:hex}(Page table base: {base:word}'],
      ['vendor', 'PAGE FAULT occurred at {iova:hex} (Page table base: {base:word}'],
      ['any', 'Unrecoverable System MMU Fault!'],
    ],
    exynos,
  ),
  fault(
    'mtk-iommu-fault',
    'the MediaTek IOMMU stopped an access',
    'drivers/iommu/mtk_iommu.c: mtk_iommu_isr',
    [
      [
        '5.16+',
        'fault type={type:hex} iova={iova:hex} pa={pa:hex} master={master:hex}(larb={larb:dec} port={port:dec}) layer={layer:dec} {access:word}',
      ],
      [
        '4.6 to 5.15',
        'fault type={type:hex} iova={iova:hex} pa={pa:hex} larb={larb:dec} port={port:dec} layer={layer:dec} {access:word}',
      ],
      ['4.6+', 'fault type={type:hex} iova={iova:hex} pa={pa:hex} larb={larb:dec} port={port:dec}'],
    ],
    (seen) => {
      const { fields } = seen
      return `port ${fields.text('port')} of larb ${fields.text('larb')} tried ${fields.has('access') ? `a ${fields.text('access')}` : 'an access'}${at(seen)}: ${mtkFault(fields.hex('type'))}`
    },
  ),
  fault(
    'apple-dart-fault',
    'the Apple DART stopped an access',
    'drivers/iommu/apple-dart.c: apple_dart_t8020_irq',
    [
      [
        '5.15+',
        'translation fault: status:{status:hex} stream:{stream:dec} code:{code:hex} ({name:text}) at {iova:hex}',
      ],
    ],
    (seen) => {
      const { access, says } = dartFault(seen.fields.text('name'))
      return `stream ${seen.fields.text('stream')} tried ${access === 'access' ? 'an access' : `a ${access}`}${at(seen)}: ${says} (${seen.fields.text('name')})`
    },
  ),
  fault(
    'sun50i-iommu-fault',
    'the Allwinner IOMMU stopped an access',
    'drivers/iommu/sun50i-iommu.c: sun50i_iommu_report_fault',
    [
      ['5.8+', 'Page fault for {iova:hex} (master {master:dec}, dir {dir:word})'],
      ['5.8+', 'Page fault while iommu not attached to any domain?'],
      ['5.8+', 'cannot remap to {now:word} prot: {prot:hex}'],
    ],
    (seen) => {
      const { fields } = seen
      if (!fields.has('dir')) return 'the IOMMU faulted without a domain, or an IOVA was mapped twice'
      return fields.text('dir').startsWith('w')
        ? `master ${fields.text('master')} tried a write${at(seen)}: not mapped, or mapped for reading only`
        : `master ${fields.text('master')}${at(seen)}: not mapped (the driver then says "rd" whatever the access was), or no permission to read`
    },
  ),
  fault(
    'ipmmu-fault',
    'the Renesas IPMMU stopped an access',
    'drivers/iommu/ipmmu-vmsa.c: ipmmu_domain_irq',
    [
      ['3.16+', 'Unhandled fault: status {status:hex} iova {iova:hex}'],
      ['3.16+', 'Multiple TLB hits @{iova:hex}'],
      ['3.16+', 'Page Table Walk Abort @{iova:hex}'],
    ],
    (seen) =>
      `a device of the IPMMU accessed memory${at(seen)}: ${seen.fields.has('status') ? ipmmuFault(seen.fields.hex('status')) : 'the tables or the TLB are wrong'}`,
  ),
  fault(
    'virtio-iommu-fault',
    'the virtio IOMMU stopped an access',
    'drivers/iommu/virtio-iommu.c: viommu_fault_handler',
    [
      ['5.3+', '{reason:word} fault from EP {endpoint:dec} at {iova:hex} [{access:word}]'],
      ['5.3+', '{reason:word} fault from EP {endpoint:dec} at {iova:hex} []'],
      ['5.3+', '{reason:word} fault from EP {endpoint:dec}'],
    ],
    (seen) => {
      const { fields } = seen
      const access = fields.text('access')
      const tried = access.includes('W')
        ? 'a write'
        : access.includes('X')
          ? 'an instruction fetch'
          : access.includes('R')
            ? 'a read'
            : 'an access'
      const says =
        fields.text('reason') === 'page'
          ? 'not mapped, or no permission'
          : fields.text('reason') === 'domain'
            ? 'the endpoint is attached to no domain'
            : 'the device does not say why'
      return `endpoint ${fields.text('endpoint')} tried ${tried}${at(seen)}: ${says}`
    },
  ),
  fault(
    'msm-iommu-fault',
    'the MSM IOMMU stopped an access',
    'drivers/iommu/msm_iommu.c: msm_iommu_fault_handler',
    [
      ['2.6.36+', 'Unexpected IOMMU page fault!'],
      ['2.6.36+', 'FAR = {far:hex} PAR = {par:hex}', 'more'],
      ['2.6.36+', 'base = {base:hex}', 'more'],
      ['2.6.36+', 'Fault occurred in context {context:dec}.', 'more'],
      ['2.6.36+', 'FSYNR0 = {fsynr0:hex} FSYNR1 = {fsynr1:hex}', 'more'],
      ['2.6.36+', 'TTBR0 = {ttbr0:hex} TTBR1 = {ttbr1:hex}', 'more'],
      ['2.6.36+', 'SCTLR = {sctlr:hex} ACTLR = {actlr:hex}', 'more'],
      ['2.6.36+', 'FSR = {fsr:hex} [{names:text}]', 'more'],
    ],
    ({ fields }) =>
      `a device accessed ${fields.has('far') ? `0x${fields.text('far')}` : 'an address (FAR in the lines below)'}: ${fields.has('fsr') ? smmuFault(fields.hex('fsr')) : 'not mapped, or no permission (FSR in the lines below)'}`,
  ),
  fault(
    'omap-iommu-fault',
    'the OMAP IOMMU stopped an access',
    'drivers/iommu/omap-iommu.c: iommu_fault_handler',
    [
      ['3.x+', '{name:word}: errs:{errors:hex} da:{iova:hex} pgd:'],
      ['2.6 to 3.x', 'da:{iova:hex} pgd:'],
    ],
    (seen) =>
      `${seen.fields.has('name') ? seen.fields.text('name') : 'a processor behind the IOMMU'} accessed memory${at(seen)}: ${seen.fields.has('errors') ? omapFault(seen.fields.hex('errors')) : 'not mapped'}`,
  ),
  fault(
    'sprd-iommu-range',
    'a mapping outside the range of the Unisoc IOMMU',
    'drivers/iommu/sprd-iommu.c: sprd_iommu_map',
    [
      ['5.13+', '(iova({iova:hex}) + size({size:hex})) are not in the range!'],
      ['5.13+', 'No sprd_iommu_device attached to the domain'],
    ],
    (seen) => `a mapping${at(seen)} was refused: it is outside of the aperture of this IOMMU, or no IOMMU is attached`,
  ),
  fault(
    'pamu-fault',
    'the Freescale PAMU stopped an access',
    'drivers/iommu/fsl_pamu.c: pamu_av_isr',
    [
      ['3.12+', 'access violation interrupt'],
      ['3.12+', 'AVA={iova:hex}', 'more'],
      ['3.12+', 'Disabling liodn {liodn:hex}', 'more'],
      ['3.12+', 'POES1={poes1:hex}', 'more'],
      ['3.12+', 'POES2={poes2:hex}', 'more'],
      ['3.12+', 'AVS1={avs1:hex}', 'more'],
      ['3.12+', 'AVS2={avs2:hex}', 'more'],
      ['3.12+', 'UDAD={udad:hex}', 'more'],
      ['3.12+', 'POEA={poea:hex}', 'more'],
      ['3.12+', 'PAACE[{index:dec}]={paace:hex}', 'more'],
    ],
    (seen) =>
      `a device${seen.fields.has('liodn') ? ` (LIODN 0x${seen.fields.text('liodn')})` : ''} accessed memory${at(seen)} that is not mapped for it; the PAMU switches the device off`,
  ),
])
