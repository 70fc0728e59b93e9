// Problems of kernel logs, one answer for each: repeated messages and the lines of one incident come together.
import type { DiagnosisNote, KlogMessage } from '@dmalab/api'
import type { LogContent } from '../input/content.ts'
import { addressIn } from './faults.ts'
import { addOnce, type Draft, ofMessage, sameEvidence } from './draft.ts'

/** Messages of one failed allocation: the part of the kernel that refused says more than who asked. */
const REFUSING: readonly string[] = [
  'cma-pages-busy',
  'cma-alloc-failed',
  'page-alloc-warning',
  'page-alloc-failure',
  'swiotlb-full',
  'swiotlb-out-of-space',
  'dma-overflow',
  'atomic-pool-small',
  'mask-below-zone',
  'vmap-failed',
]
const ASKING: readonly string[] = [
  'drm-cma-failed',
  'driver-alloc-failed',
  'vb2-memory-failed',
  'gst-no-memory',
  'controller-no-memory',
  'swiotlb-coherent-failed',
  'vb2-map-failed',
  'udmabuf-driver',
]
/** Lines between what refused and who asked. */
const INCIDENT = 60

const add = (draft: Draft, other: Draft): void => {
  addOnce(draft.devices, other.devices)
  addOnce(draft.what, other.what)
  addOnce(draft.evidence, other.evidence, sameEvidence)
  addOnce(draft.tries, other.tries)
}

/** Of one IOMMU fault the driver of the IOMMU says most; what a device's driver says of it stands beside that. */
const sameProblem = (a: Draft, b: Draft): boolean =>
  a.id === b.id &&
  (a.device === b.device || a.device === '' || b.device === '' || (a.code === 'iommu-fault' && sameAccess(a, b)))

/** The driver of the IOMMU and that of the device report one access. */
const sameAccess = (a: Draft, b: Draft): boolean => {
  const addresses = [a, b].map(({ evidence }) =>
    evidence.map(({ text }) => addressIn(text)).find((found) => found !== undefined),
  )
  return near(a, b) && (addresses[0] === addresses[1] || addresses.includes(undefined))
}

export const draftsOfLogs = (logs: readonly LogContent[]): readonly Draft[] => {
  const drafts: Draft[] = []
  for (const { file, report } of logs)
    for (const message of report.messages) {
      if (message.kind !== 'problem') continue
      const draft = ofMessage(file, message)
      const known = drafts.find((one) => sameProblem(one, draft))
      if (known === undefined) drafts.push(draft)
      else add(known, draft)
    }
  return incidents(drafts)
}

const incidents = (drafts: readonly Draft[]): readonly Draft[] => {
  const taken = new Set<Draft>()
  for (const asking of drafts) {
    if (!ASKING.includes(asking.id)) continue
    const refusing =
      drafts.find((one) => REFUSING.includes(one.id) && near(one, asking)) ??
      // A driver that says twice what it did not get.
      drafts.find(
        (one) =>
          one !== asking &&
          ASKING.includes(one.id) &&
          !taken.has(one) &&
          one.device === asking.device &&
          isBefore(one, asking) &&
          near(one, asking),
      )
    if (refusing === undefined) continue
    add(refusing, asking)
    taken.add(asking)
  }
  return drafts.filter((one) => !taken.has(one))
}

const isBefore = (a: Draft, b: Draft): boolean => (a.evidence[0]?.line ?? 0) < (b.evidence[0]?.line ?? 0)

const near = (a: Draft, b: Draft): boolean =>
  a.evidence.some((one) =>
    b.evidence.some((other) => one.file === other.file && Math.abs((one.line ?? 0) - (other.line ?? 0)) <= INCIDENT),
  )

export const notesOfLogs = (logs: readonly LogContent[]): readonly DiagnosisNote[] =>
  logs.flatMap(({ file, report }) =>
    report.messages.flatMap(({ kind, id, cause, lines, text }: KlogMessage) =>
      kind === 'problem' ? [] : [{ kind, id, what: cause, evidence: [{ file, line: lines[0] ?? null, text }] }],
    ),
  )

/**
 * What the firmware reserved in the header of the tree is reserved, whatever the kernel says of a node for the same memory: no problem.
 * Returns what is left, and notes of those.
 */
export const withoutFirmware = (
  drafts: readonly Draft[],
): { readonly drafts: readonly Draft[]; readonly notes: readonly DiagnosisNote[] } => {
  const ofFirmware = (draft: Draft): boolean =>
    draft.id === 'rmem-reserve-failed' && draft.what.some((text) => text.includes('/memreserve/: overlaps'))
  return {
    drafts: drafts.filter((draft) => !ofFirmware(draft)),
    notes: drafts.filter(ofFirmware).map(({ id, evidence }) => ({
      kind: 'harmless',
      id,
      what: 'the memory of this node is reserved already, by /memreserve/ of the same tree: one of both would be enough',
      evidence,
    })),
  }
}
