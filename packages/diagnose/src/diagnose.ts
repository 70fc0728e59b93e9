// One answer from whatever a user has: every input is read, facts are brought together, and each problem is told with all that is known
// of it.
import type { Answer, BoardSpec, Certainty, Diagnosis, ExaminedInput, Symptom } from '@dmalab/api'
import { machineOfSpec } from '@dmalab/scenario'
import type { Content } from './input/content.ts'
import type { Input, ReadOptions } from './input/input.ts'
import { readInput } from './input/read-input.ts'
import { withPc } from './input/pc.ts'
import { laidOver, withMemory } from './input/tree.ts'
import { type Case, gather, otherBoard } from './facts/case-facts.ts'
import { createModel, type Model, type ModelParts } from './facts/model.ts'
import { answerOf, sameEvidence } from './join/draft.ts'
import { join } from './join/join.ts'
import { nameFiles, replayOf } from './join/commands.ts'
import { draftsOfLogs, notesOfLogs, withoutFirmware } from './join/log-answers.ts'
import { addFailures, addLint, addTraces, notesOfTraces } from './join/other-answers.ts'
import { runWork } from './join/work-answers.ts'
import { saysOf } from './says.ts'
import { answerSymptom } from './symptoms.ts'

export interface DiagnoseOptions extends ReadOptions, ModelParts {
  readonly symptom?: Symptom | undefined
  /** A board that no input holds. */
  readonly board?: BoardSpec | undefined
  /** The board that is usual with this user, asked for where neither `board` nor an input is one. */
  readonly usualBoard?: (() => Promise<BoardSpec | undefined>) | undefined
}

const RANK: Readonly<Record<Certainty, number>> = { certain: 0, likely: 1, possible: 2 }
/** Answers that are shown; lint of a damaged tree may find thousands. */
const ANSWERS = 64

export const readInputs = async (inputs: readonly Input[], options: ReadOptions): Promise<readonly Content[]> => {
  const contents: Content[] = []
  for (const input of inputs) contents.push(...(await readInput(input, options)))
  return withPc(withMemory(laidOver(contents), options.memory ?? []))
}

/** What is wrong in the inputs. Nothing in them can make it throw: what cannot be read is listed as not examined. */
export const diagnose = async (inputs: readonly Input[], options: DiagnoseOptions): Promise<Diagnosis> => {
  const contents = await readInputs(inputs, options)
  const one = gather(contents)
  const notExamined: string[] = []
  const model = createModel(options, one, options.board ?? (await usualBoard(one, options, notExamined)))
  // Of two boards, nothing is joined that needs both.
  const joined = one.contradictions.some(({ what }) => !what.startsWith('two ')) ? withoutBoard(one) : one
  const fromLogs = addTraces(joined, draftsOfLogs(joined.logs))
  const observed = addFailures(joined, fromLogs, notExamined)
  for (const draft of observed) await join(joined, draft, model)
  // What lint says of a node that an answer is about belongs to it.
  const all = addLint(one, observed)
  for (const draft of all) if (!observed.includes(draft)) await join(joined, draft, model)
  const { drafts, notes } = withoutFirmware(all)
  const replay = replayOf(joined, model.kernel?.kernel, options.quote)
  for (const draft of drafts) {
    nameFiles(draft, one, options.quote)
    if (replay !== undefined && draft.evidence.some(({ file }) => joined.traces.some((trace) => trace.file === file)))
      draft.experiments.push(replay)
  }
  const work = await runWork(one, model)
  const answers = [...drafts, ...work.drafts].map(answerOf).toSorted(byCertainty).slice(0, ANSWERS)
  return {
    schema: 1,
    examined: isExamined(contents, work.ran),
    inputs: contents.map(inputOf),
    facts: one.facts,
    contradictions: one.contradictions,
    answers,
    notes: once([...notesOfLogs(one.logs), ...notesOfTraces(one.traces), ...notes, ...work.notes]),
    notExamined: [...notExamined, ...work.notExamined, ...notExaminedOf(one, model, answers)],
    symptom: options.symptom === undefined ? null : await answerSymptom(options.symptom, model),
  }
}

/** The usual board, unless the logs are of another one. */
const usualBoard = async (
  one: Case,
  { usualBoard: asked, parts }: DiagnoseOptions,
  notExamined: string[],
): Promise<BoardSpec | undefined> => {
  const board = one.board === undefined ? await asked?.() : undefined
  const other = board === undefined ? undefined : otherBoard(one.logs, machineOfSpec(board, parts.registry))
  if (other !== undefined) notExamined.push(`the default board: ${other}`)
  return other === undefined ? board : undefined
}

/** The log after a command begins with the log before it. */
const once = (notes: Diagnosis['notes']): Diagnosis['notes'] =>
  notes.filter(
    (note, at) =>
      !notes.slice(0, at).some((one) => one.id === note.id && one.what === note.what && sameLine(one, note)),
  )

const sameLine = (
  { evidence: [a] }: Diagnosis['notes'][number],
  { evidence: [b] }: Diagnosis['notes'][number],
): boolean => a !== undefined && b !== undefined && sameEvidence(a, b)

/** Was anything looked at? What says nothing of a problem by itself does not count. */
const isExamined = (contents: readonly Content[], ran: number): boolean =>
  ran > 0 || contents.some(({ kind }) => ['log', 'trace', 'tree', 'board'].includes(kind))

const byCertainty = (a: Answer, b: Answer): number => RANK[a.certainty] - RANK[b.certainty]

const inputOf = (content: Content): ExaminedInput => ({ file: content.file, kind: content.kind, says: saysOf(content) })

const withoutBoard = (one: Case): Case => ({ ...one, board: undefined, tree: undefined, traces: one.traces })

/** Parts of an archive that people read. */
const FOR_PEOPLE = /[:/](?:kernel\/(?:cpuinfo|modules)|trace\/|devices\/media|debug\/|memory\/)/

const notUnderstood = (one: Case): readonly string[] => {
  const seen = new Set<string>()
  return one.logs.flatMap(({ file, report }) =>
    report.notUnderstood.slice(0, 8).flatMap(({ lines, text, subsystem }) => {
      if (seen.has(text)) return []
      seen.add(text)
      return [`${file}:${lines[0]}: not understood, printed by ${subsystem}: ${text}`]
    }),
  )
}

/** What was not looked at, and what would tell. */
const notExaminedOf = (one: Case, model: Model, answers: readonly Answer[]): readonly string[] => {
  const kinds = new Set(one.contents.map(({ kind }) => kind))
  const faults = answers.some(({ id }) => id.includes('fault') || id.includes('iommu'))
  return [
    ...one.contents.flatMap((content) => {
      if (content.kind === 'other') return FOR_PEOPLE.test(content.file) ? [] : [`${content.file}: ${content.why}`]
      if (content.kind === 'overlay' && one.tree === undefined)
        return [`${content.file}: an overlay needs the tree that it is laid over (/sys/firmware/fdt of the board)`]
      if (content.kind === 'bundle' && content.why !== undefined) return [`${content.file}: ${content.why}`]
      if (content.kind === 'tree' && content.why !== undefined)
        return [`${content.file}: no board can be made of it: ${content.why}`]
      return []
    }),
    ...notUnderstood(one),
    ...one.traces.flatMap(({ file, check }) => {
      const lacks = check.summary.notJudged.map((each) => each.lacks).filter((text) => text.startsWith('no '))
      return lacks.length === 0
        ? []
        : [`${file}: what it has no events of: ${lacks.map((text) => text.slice(3)).join(', ')}`]
    }),
    ...(kinds.has('tree') || kinds.has('board')
      ? []
      : ['masks, windows and pools of devices: no device tree was given (/sys/firmware/fdt of the board)']),
    ...(one.contradictions.length > 0 && one.board !== undefined
      ? ['what board and log say together: they are not of one machine']
      : []),
    ...(one.traces.length === 0
      ? [`who mapped what${faults ? ' where the access was stopped' : ''}: no trace was given (docs/recording.md)`]
      : []),
    ...(one.logs.length === 0 ? ['what the kernel said: no kernel log was given'] : []),
    ...(model.why === undefined || one.board === undefined ? [] : [`the model: ${model.why}`]),
  ]
}
