// The checker: takes events one by one, hands them to its rules, collects findings and what the stream was like.
import {
  type BareListener,
  type CheckSummary,
  finding,
  type CheckerContext,
  type CheckerRule,
  type EventName,
  type Finding,
  type KernelText,
  type Session,
  type Severity,
} from '@dmalab/api'
import { DialectChoice } from './dma-debug/dialect-choice.ts'
import { NumberPairs } from './quick/number-pairs.ts'
import { examinedAny, notJudged } from './judged.ts'
import { OTHER_RULES } from './rules.ts'
import { mappingRule } from './rules/mappings.ts'

export interface CheckerOptions {
  /** Release whose dma-debug wording and types are used; `auto` takes it from the events. */
  readonly kernelText?: KernelText | 'auto'
  /** Rules of plug-ins, after the built-in ones. */
  readonly rules?: readonly CheckerRule[]
  /** Markers (tracing_mark_write) after which a driver no longer has its device: what it left mapped is a leak. */
  readonly unbindMarker?: RegExp
  /** Findings kept per code; all are counted. */
  readonly keep?: number
  /** Mappings live at once that are followed. When there are more, all are forgotten: memory stays bounded. */
  readonly follow?: number
  /** Everything takes the ledger's way, also what is plainly right: slower, and the same findings. */
  readonly thorough?: boolean
}

export interface CheckReport {
  /** In the order of the events that complete them; what concerns the log as a whole comes last. */
  readonly findings: readonly Finding[]
  readonly summary: CheckSummary
}

export interface Checker extends BareListener {
  /** What was found so far, in the order of finding. */
  readonly found: readonly Finding[]
  finish(): CheckReport
}

/** Default for `unbindMarker`: "unbind end", "unbound 0000:00:02.0"; the beginning of an unbinding frees nothing yet. */
export const UNBIND_MARKER = /\bunb(?:ind|ound)\b(?!.*\b(?:begin|start)\b)/i

const KEEP = 1000
/** About 300 MB of mappings. */
const FOLLOW = 250_000
/** Places of gaps that the finding names. */
const GAPS = 8

export const createChecker = (options: CheckerOptions = {}): Checker => {
  const keep = options.keep ?? KEEP
  const findings: Finding[] = []
  const counts = new Map<string, number>()
  const bySeverity: Record<Severity, number> = { info: 0, warning: 0, error: 0 }
  let gapSeen = false
  let notFollowed = 0
  const forgotten: number[] = []
  let lost: number | undefined = 0
  const gaps: number[] = []
  let events = 0
  const seen = new Set<EventName>()
  let lastAt = 0
  const dialect = new DialectChoice(options.kernelText)
  const context = new Context(dialect)
  let numbers = { live: 0, untracedFrees: 0 }

  const report = (one: Finding): void => {
    const count = (counts.get(one.code) ?? 0) + 1
    counts.set(one.code, count)
    bySeverity[one.severity] += 1
    if (count <= keep) findings.push(one)
  }
  const mappings = mappingRule({
    unbindMarker: options.unbindMarker ?? UNBIND_MARKER,
    onSummary: (given) => {
      numbers = given
    },
    follow: options.follow ?? FOLLOW,
    thorough: options.thorough === true,
    onForget: (count, at) => {
      context.complete = false
      notFollowed += count
      if (forgotten.length < GAPS) forgotten.push(at)
    },
  }).create(report, context)
  const others = [...OTHER_RULES, ...(options.rules ?? [])].map((rule) => rule.create(report, context))
  const pairs = new NumberPairs(mappings.quick, dialect)
  /** Pairs that are usual have gone another way before: whose names were seen, and no rule of a plug-in wants them. */
  const { usual } = pairs
  /** Rules of plug-ins get every event, as an object. */
  const onlyBuiltIn = (options.rules ?? []).length === 0 && options.thorough !== true
  let lastMapped: EventName | undefined
  let lastUnmapped: EventName | undefined
  let [namedMap, namedUnmap] = [false, false]

  return {
    found: findings,
    onMap(name, device, dmaAddr, size, dir, attrs, physAddr, at, pid): boolean {
      if (usual.map(name, device, dmaAddr, size, dir, attrs, physAddr, at, pid)) {
        events += 1
        lastAt = at
        return true
      }
      if (!onlyBuiltIn || !pairs.map(name, device, dmaAddr, size, dir, attrs, physAddr, at, pid)) return false
      events += 1
      lastAt = at
      if (name !== lastMapped) seen.add((lastMapped = name))
      return true
    },
    onUnmap(name, device, dmaAddr, size, dir, attrs, at): boolean {
      if (usual.unmap(name, device, dmaAddr, size, dir, attrs, at)) {
        events += 1
        lastAt = at
        return true
      }
      if (!onlyBuiltIn || !pairs.unmap(name, device, dmaAddr, size, dir, attrs, at)) return false
      events += 1
      lastAt = at
      if (name !== lastUnmapped) seen.add((lastUnmapped = name))
      return true
    },
    onName(name, at, count): boolean {
      if (!onlyBuiltIn || (name !== 'map' && name !== 'unmap')) return false
      events += count
      lastAt = at
      if (name === 'map') namedMap ||= seen.add(name).has(name)
      else namedUnmap ||= seen.add(name).has(name)
      return true
    },
    onBare(event): boolean {
      if (onlyBuiltIn) this.onEvent(event)
      return onlyBuiltIn
    },
    onEvent(event): void {
      pairs.otherEvent()
      events += 1
      seen.add(event.event)
      lastAt = event.at
      dialect.see(event)
      if (event.event === 'session') context.session = event
      else if (event.event === 'lost') {
        context.complete = false
        gapSeen = true
        if (gaps.length < GAPS) gaps.push(event.at)
        lost = lost === undefined || event.count === undefined ? undefined : lost + event.count
      }
      mappings.onEvent(event)
      for (const rule of others) rule.onEvent(event)
    },
    finish(): CheckReport {
      pairs.otherEvent()
      mappings.onEnd(context.complete, lastAt)
      for (const rule of others) rule.onEnd(context.complete, lastAt)
      if (gapSeen) report(finding('log-incomplete', incomplete(lost), { evidence: gaps }))
      if (notFollowed > 0) report(finding('tracking-limit', tooMany(notFollowed), { evidence: forgotten }))
      return {
        findings: findings.toSorted((a, b) => lastStep(a) - lastStep(b)),
        summary: {
          events,
          examined: examinedAny(seen),
          notJudged: notJudged(seen, new Set(counts.keys())),
          complete: context.complete,
          lost,
          startsInTheMiddle: counts.has('unmap-before-log'),
          ...numbers,
          notFollowed,
          counts: Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
          bySeverity,
          kernelText: dialect.release,
          unknownRelease: dialect.unknownRelease,
        },
      }
    },
  }
}

class Context implements CheckerContext {
  session: Session | undefined
  /** Nothing is missing, neither from the stream nor from memory. */
  complete = true
  readonly #dialect: DialectChoice

  constructor(dialect: DialectChoice) {
    this.#dialect = dialect
  }

  get unit(): CheckerContext['unit'] {
    return this.session === undefined ? 'line' : 'step'
  }
  get kernelText(): KernelText {
    return this.#dialect.release
  }
}

const incomplete = (lost: number | undefined): string =>
  `${lost === undefined ? 'an unknown number of' : lost} events are missing: what crosses a gap is not checked`

const tooMany = (count: number): string =>
  `${count} mappings were live when they became too many to follow: what becomes of them is not checked`

/** What the log as a whole is like stands after everything that happened in it. */
const OF_THE_WHOLE: ReadonlySet<string> = new Set([
  'bounced',
  'live-at-end',
  'unmap-before-log',
  'log-incomplete',
  'tracking-limit',
])
const lastStep = (one: Finding): number =>
  OF_THE_WHOLE.has(one.code) ? Number.MAX_SAFE_INTEGER : (one.evidence?.at(-1) ?? 0)
