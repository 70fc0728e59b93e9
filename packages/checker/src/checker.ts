// The checker: takes events one by one, hands them to its rules, collects findings and what the stream was like.
import {
  type BareListener,
  type CheckSummary,
  finding,
  type CheckerContext,
  type CheckerRule,
  type Event,
  type EventName,
  type Finding,
  type KernelText,
  type NumberListener,
  type RuleRun,
  type Session,
  type Severity,
} from '@dmalab/api'
import { DialectChoice } from './dma-debug/dialect-choice.ts'
import { NumberPairs } from './quick/number-pairs.ts'
import { UsualPair } from './quick/usual-pair.ts'
import { examinedAny, notJudged } from './judged.ts'
import { OTHER_RULES } from './rules.ts'
import { mappingRule, type MappingRun } from './rules/mappings.ts'

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

type MapName = Parameters<NumberListener['onMap']>[0]
type UnmapName = Parameters<NumberListener['onUnmap']>[0]

/** Default for `unbindMarker`: "unbind end", "unbound 0000:00:02.0"; the beginning of an unbinding frees nothing yet. */
export const UNBIND_MARKER = /\bunb(?:ind|ound)\b(?!.*\b(?:begin|start)\b)/i

const KEEP = 1000
/** About 300 MB of mappings. */
const FOLLOW = 250_000
/** Places of gaps that the finding names. */
const GAPS = 8

export const createChecker = (options: CheckerOptions = {}): Checker => new StreamChecker(options)

class StreamChecker extends UsualPair implements Checker {
  readonly found: Finding[] = []
  private readonly keep: number
  private readonly counts = new Map<string, number>()
  private readonly bySeverity: Record<Severity, number> = { info: 0, warning: 0, error: 0 }
  private gapSeen = false
  private notFollowed = 0
  private readonly forgotten: number[] = []
  private lost: number | undefined = 0
  private readonly gaps: number[] = []
  private readonly seen = new Set<EventName>()
  private readonly dialect: DialectChoice
  private readonly context: Context
  private numbers = { live: 0, untracedFrees: 0 }
  private readonly mappings: MappingRun
  private readonly others: readonly RuleRun[]
  /** Pairs that are usual have gone another way before: whose names were seen, and no rule of a plug-in wants them. */
  private readonly pairs: NumberPairs
  /** Rules of plug-ins get every event, as an object. */
  private readonly onlyBuiltIn: boolean
  private lastMapped: EventName | undefined
  private lastUnmapped: EventName | undefined
  /** Names that were taken alone. */
  private namedMap: EventName | undefined
  private namedUnmap: EventName | undefined

  constructor(options: CheckerOptions) {
    super()
    this.keep = options.keep ?? KEEP
    this.dialect = new DialectChoice(options.kernelText)
    this.context = new Context(this.dialect)
    const report = (one: Finding): void => this.report(one)
    this.mappings = mappingRule({
      unbindMarker: options.unbindMarker ?? UNBIND_MARKER,
      onSummary: (given) => {
        this.numbers = given
      },
      follow: options.follow ?? FOLLOW,
      thorough: options.thorough === true,
      onForget: (count, at) => {
        this.context.complete = false
        this.notFollowed += count
        if (this.forgotten.length < GAPS) this.forgotten.push(at)
      },
    }).create(report, this.context)
    this.others = [...OTHER_RULES, ...(options.rules ?? [])].map((rule) => rule.create(report, this.context))
    this.pairs = new NumberPairs(this, this.mappings.quick, this.dialect)
    this.onlyBuiltIn = (options.rules ?? []).length === 0 && options.thorough !== true
  }

  protected otherMap(
    name: MapName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    pid: number,
  ): boolean {
    if (!this.onlyBuiltIn || !this.pairs.map(name, device, dmaAddr, size, dir, attrs, physAddr, at, pid)) return false
    this.events += 1
    this.lastAt = at
    if (name !== this.lastMapped) this.seen.add((this.lastMapped = name))
    return true
  }

  protected otherUnmap(
    name: UnmapName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    at: number,
  ): boolean {
    if (!this.onlyBuiltIn || !this.pairs.unmap(name, device, dmaAddr, size, dir, attrs, at)) return false
    this.events += 1
    this.lastAt = at
    if (name !== this.lastUnmapped) this.seen.add((this.lastUnmapped = name))
    return true
  }

  onName(name: EventName, at: number, count: number): boolean {
    if (name !== this.namedMap && name !== this.namedUnmap && !this.takesName(name)) return false
    this.events += count
    this.lastAt = at
    return true
  }

  onBare(event: Event): boolean {
    if (this.onlyBuiltIn) this.onEvent(event)
    return this.onlyBuiltIn
  }

  onEvent(event: Event): void {
    const { context } = this
    this.pairs.otherEvent()
    this.events += 1
    this.seen.add(event.event)
    this.lastAt = event.at
    this.dialect.see(event)
    if (event.event === 'session') context.session = event
    else if (event.event === 'lost') {
      context.complete = false
      this.gapSeen = true
      if (this.gaps.length < GAPS) this.gaps.push(event.at)
      this.lost = this.lost === undefined || event.count === undefined ? undefined : this.lost + event.count
    }
    this.mappings.onEvent(event)
    for (const rule of this.others) rule.onEvent(event)
  }

  finish(): CheckReport {
    const { context, counts, dialect, seen } = this
    this.pairs.otherEvent()
    this.mappings.onEnd(context.complete, this.lastAt)
    for (const rule of this.others) rule.onEnd(context.complete, this.lastAt)
    if (this.gapSeen) this.report(finding('log-incomplete', incomplete(this.lost), { evidence: this.gaps }))
    if (this.notFollowed > 0)
      this.report(finding('tracking-limit', tooMany(this.notFollowed), { evidence: this.forgotten }))
    return {
      findings: this.found.toSorted((a, b) => lastStep(a) - lastStep(b)),
      summary: {
        events: this.events,
        examined: examinedAny(seen),
        notJudged: notJudged(seen, new Set(counts.keys())),
        complete: context.complete,
        lost: this.lost,
        startsInTheMiddle: counts.has('unmap-before-log'),
        ...this.numbers,
        notFollowed: this.notFollowed,
        counts: Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
        bySeverity: this.bySeverity,
        kernelText: dialect.release,
        unknownRelease: dialect.unknownRelease,
      },
    }
  }

  private takesName(name: EventName): boolean {
    if (!this.onlyBuiltIn || (name !== 'map' && name !== 'unmap')) return false
    this.seen.add(name)
    if (name === 'map') this.namedMap = name
    else this.namedUnmap = name
    return true
  }

  private report(one: Finding): void {
    const count = (this.counts.get(one.code) ?? 0) + 1
    this.counts.set(one.code, count)
    this.bySeverity[one.severity] += 1
    if (count <= this.keep) this.found.push(one)
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
