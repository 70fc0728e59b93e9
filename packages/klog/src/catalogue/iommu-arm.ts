// Arm SMMUs: context and global faults of v1 and v2 (and Qualcomm's), events and queues of v3.
//
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_context_fault, arm_smmu_global_fault, arm_smmu_tlb_sync_global
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_iova_to_phys_hard
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu-nvidia.c: nvidia_smmu_context_fault_bank, nvidia_smmu_global_fault_inst
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu-qcom-debug.c: qcom_smmu_context_fault
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu/qcom_iommu.c: qcom_iommu_fault
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_evtq_thread, arm_smmu_gerror_handler, arm_smmu_priq_thread
// Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: __arm_smmu_cmdq_skip_err, arm_smmu_cmdq_issue_cmdlist, arm_smmu_init_strtab_2lvl
// Models: Linux v6.15 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_dump_event, arm_smmu_dump_raw_event
// Models: Linux v4.11 drivers/iommu/arm-smmu.c: arm_smmu_context_fault
import { smmuAccess, smmuFault, smmuGlobalFault } from '../codes/smmu.ts'
import { hasAddress, smmuV3Event, smmuV3Gerror, smmuV3Words } from '../codes/smmu-v3.ts'
import { entries, type Seen } from './entry.ts'
import { FAULT_FIXES, FAULT_NEXT } from './fault-advice.ts'

const context = ({ fields }: Seen): string => {
  const stream = fields.has('sid')
    ? `stream 0x${fields.text('sid')}`
    : fields.has('frsynra')
      ? `stream 0x${fields.text('frsynra')}`
      : fields.has('client')
        ? fields.text('client').replace(/!$/, '')
        : 'a device'
  const bank = fields.has('cb') ? ` (context bank ${fields.text('cb')})` : ''
  const access = fields.has('fsynr') ? smmuAccess(fields.hex('fsynr')) : 'access'
  const address = fields.has('iova') ? fields.text('iova') : fields.text('far')
  const where = address === '' ? '' : ` at IOVA 0x${address}`
  const fault = fields.has('fsr')
    ? smmuFault(fields.hex('fsr'))
    : fields.has('fsr2')
      ? smmuFault(fields.hex('fsr2'))
      : 'not mapped, or no permission (this release does not print FSR)'
  return `${stream}${bank}: ${access}${where}: ${fault}`
}

const global = ({ fields }: Seen): string => {
  const stream = fields.has('sid')
    ? fields.text('sid')
    : fields.has('gfsynr1')
      ? (fields.hex('gfsynr1') % 0x8000).toString(16)
      : ''
  const what = fields.has('gfsr') ? smmuGlobalFault(fields.hex('gfsr')) : 'unknown stream: no stream match entry for it'
  return `${what}${stream === '' ? '; the next line names the stream' : `; stream id 0x${stream}`}. A device uses the SMMU with a stream id that no driver set up: iommus in the device tree is missing or wrong, or the firmware left it running`
}

const event = ({ fields }: Seen): string => {
  const { name, says, number } = smmuV3Event(fields.has('event') ? fields.text('event') : fields.text('id'))
  const words = fields.has('word2')
    ? smmuV3Words(fields.text('word0'), fields.text('word1'), fields.text('word2'))
    : undefined
  const stream = fields.has('sid')
    ? `stream 0x${fields.text('sid')}`
    : words === undefined
      ? 'a device'
      : `stream 0x${words.stream.toString(16)}`
  const client = fields.has('client') && !fields.text('client').startsWith('(') ? `${fields.text('client')}, ` : ''
  const iova = fields.has('iova') ? `0x${fields.text('iova')}` : words?.iova
  const access = words === undefined || !hasAddress(number) ? '' : `${words.access} `
  const missing =
    words === undefined && !fields.has('sid') ? '; the four words behind it hold stream id, access and IOVA' : ''
  return `${client}${stream}: ${access}${hasAddress(number) && iova !== undefined ? `at IOVA ${iova}: ` : ''}${name}, ${says}${missing}`
}

const STREAM_FIXES = [
  'state the stream id (iommus, iommu-map) of the device',
  'arm-smmu.disable_bypass=0 to look what else is wrong; not in a product',
  'have the firmware stop the device, or describe its memory (iommu-addresses, RMR)',
]

export const IOMMU_ARM = entries([
  {
    id: 'smmu-context-fault',
    kind: 'problem',
    title: 'the SMMU stopped an access',
    forms: [
      [
        '5.4+',
        'Unhandled context fault: fsr={fsr:hex}, iova={iova:hex}, fsynr={fsynr:hex}, cbfrsynra={frsynra:hex}, cb={cb:dec}',
      ],
      ['3.18+', 'Unhandled context fault: fsr={fsr:hex}, iova={iova:hex}, fsynr={fsynr:hex}, cb={cb:dec}'],
      ['3.13 to 3.17', 'Unhandled context fault: iova={iova:hex}, fsynr={fsynr:hex}, cb={cb:dec}'],
      ['vendor', 'Unhandled context fault: iova={iova:hex}, fsr={fsr:hex}, fsynr={fsynr:hex}, cb={cb:dec}'],
      ['vendor', 'Unhandled context fault: iova={iova:hex}, cb={cb:dec}, fsr={fsr:hex}, fsynr0={fsynr:hex}'],
      [
        'vendor',
        'Unhandled context fault: {unit:text} iova={iova:hex}, fsynr={fsynr:hex}, cb={cb:dec}, sid={number:dec}({sid:hex} - {client:text})',
      ],
      ['vendor', 'Unhandled arm-smmu context fault from {client:word}'],
      ['any', 'Unhandled context fault: fsr={fsr:hex}'],
      ['any', 'Unhandled context fault: iova={iova:hex}'],
      ['any', 'Unexpected context fault (fsr {fsr:hex})'],
      ['6.11+', 'FSR = {fsr2:hex} [{bits:text}], SID={sid:hex}', 'more'],
      ['6.11+', 'FSYNR0 = {fsynr2:hex} [', 'more'],
      ['vendor', 'FAR = {far:hex}', 'more'],
      ['6.11+', 'soft iova-to-phys={soft:hex}', 'more'],
      ['6.11+', 'hard iova-to-phys (ATOS)={hard:hex}', 'more'],
      ['6.11+', 'hard iova-to-phys (ATOS) failed', 'more'],
      ['6.11+', 'SOFTWARE TABLE WALK FAILED! Looks like {walked:word} accessed an unmapped address!', 'more'],
    ],
    source: 'drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_context_fault',
    cause: (seen) => {
      const { fields } = seen
      if (fields.has('walked') && !fields.has('fsr') && !fields.has('iova'))
        return `${fields.text('walked')}: not mapped: the tables of its domain have nothing at the address (see the line before)`
      if (fields.has('fsr') || fields.has('iova') || !(fields.has('fsr2') || fields.has('fsynr2'))) return context(seen)
      return `${fields.has('sid') ? `stream 0x${fields.text('sid')}: ` : ''}${fields.has('fsr2') ? smmuFault(fields.hex('fsr2')) : smmuAccess(fields.hex('fsynr2'))}; the line before has the IOVA`
    },
    next: FAULT_NEXT,
    fixes: FAULT_FIXES,
    code: 'iommu-fault',
  },
  {
    id: 'smmu-global-fault',
    kind: 'problem',
    title: 'the SMMU met a stream that nothing set up',
    forms: [
      ['3.13+', 'Unexpected global fault, this could be serious'],
      ['3.13+', 'Unexpected {global,context} fault, this could be serious'],
      ['3.13+', 'GFSR {gfsr:hex}, GFSYNR0 {gfsynr0:hex}, GFSYNR1 {gfsynr1:hex}, GFSYNR2 {gfsynr2:hex}', 'more'],
      ['5.2+', 'Blocked unknown Stream ID {sid:hex};'],
    ],
    source: 'drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_global_fault',
    cause: global,
    next: 'which device has that stream id? (iommus in the device tree, IORT, the manual of the chip)',
    fixes: STREAM_FIXES,
    code: 'iommu-fault',
  },
  {
    id: 'smmu-lookup',
    kind: 'note',
    title: 'the SMMU was asked what an address is translated to',
    forms: [
      ['3.13+', 'iova to phys timed out on {iova:word} Falling back to software table walk.'],
      ['3.13+', 'translation fault!'],
      ['3.13+', 'PAR = {par:hex}', 'more'],
    ],
    source: 'drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_iova_to_phys_hard',
    cause: ({ fields }) =>
      fields.has('iova')
        ? `the look-up of ${fields.text('iova').replace(/\.$/, '')} in the SMMU did not end in time, and was made in memory: nothing was stopped`
        : 'the kernel asked the SMMU for the translation of an address (iommu_iova_to_phys), and there is none: not mapped. No access was stopped',
    next: 'which driver looks up addresses that it did not map?',
    fixes: [],
  },
  {
    id: 'smmu-tlb-sync',
    kind: 'problem',
    title: 'the SMMU does not answer',
    forms: [
      ['3.13+', 'TLB sync timed out -- SMMU may be deadlocked'],
      ['4.13+', 'timeout waiting for TLB SYNC'],
      ['3.13+', 'TLB sync timed out -- MMU may be deadlocked'],
    ],
    source: 'drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_tlb_sync_global',
    cause:
      'a TLB invalidation was not finished within a second: the SMMU or the bus behind it has no clock or power, or a master is stuck in a transaction',
    next: 'does the SMMU have its clocks and power domains (clocks, power-domains in the device tree)? Which master was active?',
    fixes: ['state clocks and power domains', 'stop the master before unmapping'],
  },
  {
    id: 'smmuv3-event',
    kind: 'problem',
    title: 'the SMMUv3 stopped an access',
    forms: [
      [
        '6.14+',
        'event: {event:word} client: {client:text} sid: {sid:hex} ssid: {ssid:hex} iova: {iova:hex} ipa: {ipa:hex}',
      ],
      ['6.14+', 'event: {event:word} client: {client:text} sid: {sid:hex} ssid: {ssid:hex} fetch_addr: {fetch:hex}'],
      ['6.14+', 'event: {event:word} client: {client:text} sid: {sid:hex} ssid: {ssid:hex}'],
      ['4.2+', 'event {id:hex} received:'],
    ],
    source: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_evtq_thread',
    cause: event,
    next: FAULT_NEXT,
    fixes: FAULT_FIXES,
    code: 'iommu-fault',
  },
  {
    id: 'smmuv3-access',
    kind: 'note',
    title: 'the access of an SMMUv3 event',
    forms: [
      ['6.14+', 'priv {kind:word} {access:word} {stage:word} "{class:text}"'],
      ['6.14+', 'unpriv {kind:word} {access:word} {stage:word} "{class:text}"'],
    ],
    source: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_dump_event',
    cause: ({ fields }) =>
      `the access of the event before was a ${fields.text('access')} of ${fields.text('kind') === 'inst' ? 'instructions' : 'data'} at stage ${fields.text('stage').replace('s', '')}`,
    next: 'see the event before',
    fixes: [],
  },
  {
    id: 'smmuv3-cmdq',
    kind: 'problem',
    title: 'the command queue of the SMMUv3 failed',
    forms: [
      ['4.2+', 'CMD_SYNC timeout at {at:hex} [hwprod {prod:hex}, hwcons {cons:hex}]'],
      ['4.2+', 'CMD_SYNC timeout'],
      ['4.2+', 'CMDQ timeout'],
      ['4.2+', 'CMDQ error (cons {cons:hex}): {why:text}'],
      ['4.2+', 'retrying command fetch', 'more'],
      ['4.2+', 'skipping command in error state{skipped:text}:', 'more'],
    ],
    source: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: __arm_smmu_cmdq_skip_err, arm_smmu_cmdq_issue_cmdlist',
    cause: ({ fields }) =>
      fields.has('why')
        ? `the command queue stopped: ${fields.text('why')}${fields.text('why').startsWith('ATC') ? ' (a PCIe device does not answer an ATS invalidation: it hangs, or was removed)' : ''}`
        : fields.has('skipped')
          ? 'the command queue stopped at a command and leaves it out: the line before says why, and what it was to invalidate may still be cached'
          : 'the command queue has a timeout: the SMMU does not answer invalidations. It has no clock or power, or an ATS device does not answer',
    next: 'which device was unmapped last? Does it use ATS (lspci -vv)?',
    fixes: [
      'clocks and power of the SMMU',
      'pci=noats to see whether ATS is the matter',
      'reset the device that hangs',
    ],
  },
  {
    id: 'smmuv3-gerror',
    kind: 'problem',
    title: 'a global error of the SMMUv3',
    forms: [
      ['4.2+', 'unexpected global error reported ({gerror:hex}), this could be serious'],
      ['4.2+', 'device has entered Service Failure Mode!'],
      ['4.2+', '{msi:word} MSI write aborted'],
      ['4.2+', '{queue:word} write aborted -- events may have been lost'],
      ['4.2+', '{queue:word} overflow detected -- events lost'],
      ['4.2+', '{queue:word} overflow detected -- requests lost'],
    ],
    source: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_gerror_handler',
    cause: ({ fields }) =>
      fields.has('gerror')
        ? `${smmuV3Gerror(fields.hex('gerror'))}`
        : fields.has('queue')
          ? `the queue ${fields.text('queue')} lost entries: it is full (a storm of faults), or the SMMU cannot write its memory`
          : fields.has('msi')
            ? `the interrupt (MSI) of ${fields.text('msi')} could not be written: faults and timeouts behind it may go unseen`
            : 'the SMMU has shut itself down: nothing passes it any more',
    next: 'the lines around it: the first fault is the one that counts',
    fixes: ['remove the first fault', 'coherent queues: dma-coherent on the node of the SMMU only where it is true'],
  },
])
