// Answers that do not come from a log: findings of a trace, of board lint, and of drivers that say only an errno.
import type { DiagnosisNote, Evidence, Finding } from '@dmalab/api'
import { explainCode } from '@dmalab/checker'
import { LINT_CODES, type LintFinding } from '@dmalab/machine'
import { at, type Case } from '../facts/case-facts.ts'
import { addOnce, type Draft, sameEvidence } from './draft.ts'
import { locate, sayReach } from './reach.ts'

/** Findings of one code that are told apart by device. */
const FINDINGS = 200

const draftOf = (file: string, finding: Finding): Draft => {
  const explained = explainCode(finding.code)
  const [line] = (finding.evidence ?? []).slice(-1)
  return {
    id: finding.code,
    device: finding.device ?? '',
    devices: finding.device === undefined ? [] : [finding.device],
    title: explained?.title ?? finding.code,
    observed: true,
    certainty: finding.severity === 'error' ? 'certain' : 'likely',
    what: [finding.message],
    evidence: [{ file, line: line ?? null, text: finding.message }],
    tries: [...(explained?.fixes ?? [])],
    next: null,
    code: finding.code,
    shown: null,
    experiments: [],
  }
}

/** Said by the checker without a judgement, and what people ask about. */
const ASKED_ABOUT: readonly string[] = ['mapping-failed']

const ofCma = (
  file: string,
  { at: line, name, count, errno = 0 }: Case['traces'][number]['facts']['failedCma'][number],
): Draft => ({
  id: 'cma-alloc-failed',
  device: '',
  devices: [],
  title: 'CMA could not serve an allocation',
  observed: true,
  certainty: 'likely',
  what: [
    errno === -16
      ? `the area ${name} had a run of ${count} pages, but pages in it are pinned or under I/O and could not be moved away (-EBUSY)`
      : `the area ${name} had no free run of ${count} pages (${errno})`,
  ],
  evidence: [{ file, line, text: `cma_alloc_finish: name=${name} req-size: ${count} pages errorno=${errno}` }],
  tries: ['a larger area (cma=SIZE)', 'a reserved pool of its own for the device', 'fewer or smaller buffers'],
  next: 'CmaFree in /proc/meminfo, and who pins pages: the tracepoint cma_alloc_busy_retry',
  code: 'mapping-failed',
  shown: null,
  experiments: [],
})

/** What bounced, for who wonders why it is slow. */
export const notesOfTraces = (traces: Case['traces']): readonly DiagnosisNote[] =>
  traces.flatMap(({ file, facts }) =>
    [...facts.devices].flatMap(([device, { bounces, mappings, maskBits, line }]) =>
      bounces === 0
        ? []
        : [
            {
              kind: 'note' as const,
              id: 'bounced',
              what: `${bounces} of ${Math.max(mappings, bounces)} mappings of ${device} were bounced${maskBits === undefined ? '' : `: its mask has ${maskBits} bits`}; each is a copy by the CPU`,
              evidence: [{ file, line, text: `swiotlb_bounced: ${device}` }],
            },
          ],
    ),
  )

/** Findings of traces; one that the log reports too is evidence of that answer. */
export const addTraces = (one: Case, drafts: readonly Draft[]): readonly Draft[] => {
  const all = [...drafts]
  for (const { file, facts } of one.traces) {
    const [failed, ...others] = facts.failedCma.map((event) => ofCma(file, event))
    const known = all.find(({ id }) => id === 'cma-alloc-failed')
    for (const draft of others) if (failed !== undefined) addOnce(failed.what, draft.what)
    if (failed === undefined) continue
    if (known === undefined) all.push(failed)
    else {
      addOnce(known.what, failed.what)
      addOnce(known.evidence, failed.evidence, sameEvidence)
    }
  }
  for (const { file, check } of one.traces)
    for (const finding of check.findings.slice(0, FINDINGS)) {
      if (finding.severity === 'info' && !ASKED_ABOUT.includes(finding.code)) continue
      const draft = draftOf(file, finding)
      const known = all.find(
        (each) =>
          each.code === draft.code && (each.device === draft.device || each.device === '' || draft.device === ''),
      )
      if (known === undefined) all.push(draft)
      else {
        // Log and trace agree.
        if (!known.evidence.some((evidence) => evidence.file === file)) known.certainty = 'certain'
        addOnce(known.what, draft.what)
        addOnce(known.evidence, draft.evidence, sameEvidence)
        addOnce(known.tries, draft.tries)
      }
    }
  return all
}

/** The last part of a node's path, as messages name it. */
const nodeName = (node: string): string => node.slice(node.lastIndexOf('/') + 1)

const isFirmware = (node: string, message: string): boolean => `${node} ${message}`.includes('/memreserve/')

const ofLint = (file: string, { code, severity, node, message }: LintFinding): Draft => ({
  id: code,
  device: node,
  devices: [node],
  title: LINT_CODES[code],
  observed: false,
  // A boot loader reserves what the tree has as a node, too: the usual form of that, and harmless.
  certainty: severity === 'error' && !isFirmware(node, message) ? 'likely' : 'possible',
  what: [`${node}: ${message}`],
  evidence: [{ file, line: null, text: node }],
  tries: [],
  next: null,
  code: null,
  shown: null,
  experiments: [],
})

/** What lint finds in trees and boards; about a node that the log speaks of it is evidence of that answer. */
export const addLint = (one: Case, fromLogs: readonly Draft[]): readonly Draft[] => {
  const all = [...fromLogs]
  for (const content of one.contents) {
    if (content.kind !== 'tree' && content.kind !== 'board') continue
    for (const finding of content.lint) {
      if (finding.severity === 'info') continue
      const draft = ofLint(content.file, finding)
      const names = [finding.node, ...finding.message.split(/[\s,]+/).filter((word) => word.startsWith('/'))]
        .map(nodeName)
        .filter((name) => name.length > 3)
      const known = fromLogs.find((each) => each.evidence.some(({ text }) => names.some((name) => text.includes(name))))
      if (known === undefined) all.push(draft)
      else {
        addOnce(known.what, draft.what)
        addOnce(known.evidence, draft.evidence, sameEvidence)
      }
    }
  }
  return all
}

/** A driver's own errno says nothing of DMA memory, unless the board shows that its device can have none. */
export const addFailures = (one: Case, drafts: readonly Draft[], unexplained: string[]): readonly Draft[] => {
  const all = [...drafts]
  const told = new Set<string>()
  for (const { file, facts } of one.logs)
    for (const failure of facts.failures) {
      const line: Evidence = at(file, failure)
      if (all.some(({ evidence }) => evidence.some((each) => sameEvidence(each, line)))) continue
      if (told.has(failure.device)) continue
      told.add(failure.device)
      const located = locate(one, failure.device)
      const said = located === undefined ? undefined : sayReach(one, located)
      if (said?.decides === true)
        all.push({
          id: 'reach',
          device: failure.device,
          devices: [failure.device],
          title: `${failure.device} reaches no memory for DMA`,
          observed: true,
          certainty: 'certain',
          what: [...said.what],
          evidence: [line, ...said.evidence],
          tries: [...said.tries],
          next: null,
          code: 'mapping-failed',
          shown: null,
          experiments: [],
        })
      else if (failure.errno === -12)
        unexplained.push(
          `${file}:${failure.line}: ${failure.driver} ${failure.device} failed with -12 (ENOMEM) and does not say of what`,
        )
    }
  return all
}
