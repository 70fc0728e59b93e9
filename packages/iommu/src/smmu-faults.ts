// What a kernel says and does when an SMMU reports: event records of an SMMUv3, context and global faults of an SMMUv2.
// Texts are without the device prefix that dev_err puts in front.

export type LogLine = readonly ['err' | 'info', string]

/** What a page-fault handler is given (struct iommu_fault_page_request). */
export interface PageRequest {
  /** 2 last page, 1 PASID valid. */
  readonly flags: number
  readonly pasid: number
  readonly grpid: number
  /** 1 read, 2 write, 4 execute, 8 privileged. */
  readonly perm: number
  readonly addr: bigint
}

/** Event types that an SMMUv3 records. */
export const SMMU_EVENT = {
  C_BAD_STREAMID: 0x02,
  F_STE_FETCH: 0x03,
  C_BAD_STE: 0x04,
  F_STREAM_DISABLED: 0x06,
  F_TRANSL_FORBIDDEN: 0x07,
  C_BAD_SUBSTREAMID: 0x08,
  F_CD_FETCH: 0x09,
  C_BAD_CD: 0x0a,
  F_WALK_EABT: 0x0b,
  F_TRANSLATION: 0x10,
  F_ADDR_SIZE: 0x11,
  F_ACCESS: 0x12,
  F_PERMISSION: 0x13,
} as const

const FAULT_TYPES: readonly number[] = [
  SMMU_EVENT.F_TRANSLATION,
  SMMU_EVENT.F_ADDR_SIZE,
  SMMU_EVENT.F_ACCESS,
  SMMU_EVENT.F_PERMISSION,
]
const CLASS_INPUT = 2n

export interface SmmuFault {
  readonly type: number
  readonly streamId: number
  readonly address: bigint
  readonly write: boolean
  readonly stage2?: boolean
}

/** The event record of a fault on a device's own access: four words. */
export function eventRecord({ type, streamId, address, write, stage2 = false }: SmmuFault): readonly bigint[] {
  const w0 = BigInt(type) | (BigInt(streamId) << 32n)
  const w1 = (write ? 0n : 1n << 35n) | (stage2 ? 1n << 39n : 0n) | (CLASS_INPUT << 40n)
  return [w0, FAULT_TYPES.includes(type) ? w1 : 0n, FAULT_TYPES.includes(type) ? address : 0n, 0n]
}

export interface EventQueueOptions {
  /** Does a device own this stream id? */
  readonly known: (streamId: number) => boolean
  /** The page-fault handler; 0 = it takes care. Called for stalled faults only. */
  readonly report: (request: PageRequest) => number
}

/**
 * Works through event records: stalled faults go to the handler, what it refuses and everything else to the log.
 *
 * Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_evtq_thread
 * Models: Linux v6.12 drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_handle_evt
 * Leaves out: rate limiting.
 */
export function handleEvents(
  records: readonly (readonly bigint[])[],
  overflow: boolean,
  options: EventQueueOptions,
): LogLine[] {
  const lines: LogLine[] = []
  for (const record of records) {
    const request = pageRequest(record)
    const known = options.known(Number(field(record[0]!, 32, 32)))
    if (request !== undefined && known && options.report(request) === 0) continue
    lines.push(['info', `event 0x${(record[0]! & 0xffn).toString(16).padStart(2, '0')} received:`])
    for (const word of record) lines.push(['info', `\t0x${word.toString(16).padStart(16, '0')}`])
  }
  if (overflow) lines.push(['err', 'EVTQ overflow detected -- events lost'])
  return lines
}

function pageRequest([w0 = 0n, w1 = 0n, address = 0n]: readonly bigint[]): PageRequest | undefined {
  const stalled = field(w1, 31, 1) === 1n
  if (!FAULT_TYPES.includes(Number(w0 & 0xffn)) || !stalled) return undefined
  const pasidValid = field(w0, 11, 1) === 1n
  const read = field(w1, 35, 1) === 1n
  return {
    flags: pasidValid ? 3 : 2,
    pasid: pasidValid ? Number(field(w0, 12, 20)) : 0,
    grpid: Number(field(w1, 0, 16)),
    perm: (read ? 1 : 2) + (field(w1, 34, 1) === 1n ? 4 : 0) + (field(w1, 33, 1) === 1n ? 8 : 0),
    addr: address,
  }
}

export interface ContextFault {
  readonly fsr: number
  readonly fsynr: number
  readonly iova: bigint
  /** CBFRSYNRA: the stream id. */
  readonly sid: number
  readonly cb: number
}

// Highest bit first, as the kernel prints them.
const FSR_HEAD = [
  [31, 'MULTI'],
  [30, 'SS'],
] as const
const FSR_TAIL = [
  [8, 'UUT'],
  [7, 'ASF'],
  [6, 'TLBLKF'],
  [5, 'TLBMCF'],
  [4, 'EF'],
  [3, 'PF'],
  [2, 'AFF'],
  [1, 'TF'],
] as const
const FSYNR_FLAGS = [
  [11, 'AFR'],
  [10, 'PTWF'],
  [8, 'NSATTR'],
  [6, 'IND'],
  [5, 'PNU'],
  [4, 'WNR'],
] as const

/**
 * Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_print_context_fault_info
 */
export function contextFault({ fsr, fsynr, iova, sid, cb }: ContextFault): LogLine[] {
  const status = [...names(fsr, FSR_HEAD), `Format=${(fsr >>> 9) & 3}`, ...names(fsr, FSR_TAIL)]
  const syndrome = [`S1CBNDX=${(fsynr >>> 16) & 0xff}`, ...names(fsynr, FSYNR_FLAGS), `PLVL=${fsynr & 3}`]
  const at = iova.toString(16).padStart(8, '0')
  return [
    [
      'err',
      `Unhandled context fault: fsr=0x${fsr.toString(16)}, iova=0x${at}, fsynr=0x${fsynr.toString(16)}, ` +
        `cbfrsynra=0x${sid.toString(16)}, cb=${cb}`,
    ],
    ['err', `FSR    = ${hex8(fsr)} [${status.join(' ')}], SID=0x${sid.toString(16)}`],
    ['err', `FSYNR0 = ${hex8(fsynr)} [${syndrome.join(' ')}]`],
  ]
}

export interface GlobalFault {
  readonly gfsr: number
  readonly gfsynr0: number
  readonly gfsynr1: number
  readonly gfsynr2: number
}

const UNKNOWN_STREAM = 2

/**
 * Undefined: not our interrupt. `blocks` = the kernel was built to block unknown streams, as most are.
 *
 * Models: Linux v6.12 drivers/iommu/arm/arm-smmu/arm-smmu.c: arm_smmu_global_fault
 * Leaves out: rate limiting.
 */
export function globalFault({ gfsr, gfsynr0, gfsynr1, gfsynr2 }: GlobalFault, blocks = true): LogLine[] | undefined {
  if (gfsr === 0) return undefined
  const stream = (gfsynr1 & 0xffff).toString(16)
  const what =
    blocks && (gfsr & UNKNOWN_STREAM) !== 0
      ? `Blocked unknown Stream ID 0x${stream}; boot with "arm-smmu.disable_bypass=0" to allow, but this may have security implications`
      : 'Unexpected global fault, this could be serious'
  const registers = `\tGFSR 0x${hex8(gfsr)}, GFSYNR0 0x${hex8(gfsynr0)}, GFSYNR1 0x${hex8(gfsynr1)}, GFSYNR2 0x${hex8(gfsynr2)}`
  return [
    ['err', what],
    ['err', registers],
  ]
}

const field = (word: bigint, shift: number, bits: number): bigint =>
  (word >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n)
const hex8 = (x: number): string => x.toString(16).padStart(8, '0')
const names = (word: number, flags: readonly (readonly [number, string])[]): string[] =>
  flags.filter(([n]) => ((word >>> n) & 1) === 1).map(([, name]) => name)
