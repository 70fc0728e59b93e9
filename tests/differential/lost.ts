// What programs that ended normally did not give back, although everything they held was released.
import type { FindingCode } from '@dmalab/api'
import type { ProgramEnd, ProgramRecord, RecordsOptions } from '@dmalab/runner/differential'

/** With these the kernel itself loses what was lent, and says nothing; the finding does. */
const KERNEL_LEAKS: ReadonlySet<FindingCode> = new Set([
  'iova-links-left',
  'iova-part-lost',
  'iova-zero-kept',
  'pgtable-part-stays-mapped',
  'unmap-attrs-leak',
  'vb2-import-keeps-references',
])

/** Collects what is lost without a finding that says so. */
export const lostBy = (): { readonly lost: string[]; readonly onEnd: NonNullable<RecordsOptions['onEnd']> } => {
  const lost: string[] = []
  const onEnd = ({ id }: ProgramRecord, { left, quirks }: ProgramEnd): void => {
    if (!quirks.some((code) => KERNEL_LEAKS.has(code))) lost.push(...left.map((line) => `program ${id}: ${line}`))
  }
  return { lost, onEnd }
}
