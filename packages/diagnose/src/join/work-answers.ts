// Pipelines and scenarios among the inputs: run on the board of the case, their findings are answers.
import { type DiagnosisNote, isInputError, type WorkSpec } from '@dmalab/api'
import { explainCode } from '@dmalab/checker'
import { parsePipeline, readScenario } from '@dmalab/scenario'
import type { Case } from '../facts/case-facts.ts'
import type { Model, ModelRun } from '../facts/model.ts'
import type { Draft } from './draft.ts'

/** Runs of one diagnosis: each takes a moment. */
const RUNS = 8

export interface WorkAnswers {
  readonly drafts: readonly Draft[]
  readonly notes: readonly DiagnosisNote[]
  readonly notExamined: readonly string[]
  /** Runs that were made. */
  readonly ran: number
}

interface Work {
  readonly file: string
  readonly line: number | null
  readonly text: string
  readonly work: WorkSpec
  readonly kernels: readonly string[] | undefined
  readonly board: string | undefined
}

export const runWork = async (one: Case, model: Model): Promise<WorkAnswers> => {
  const drafts: Draft[] = []
  const notes: DiagnosisNote[] = []
  const notExamined: string[] = []
  let ran = 0
  const works = one.contents.flatMap((content): readonly Work[] => {
    const { file } = content
    if (content.kind === 'line') {
      const line = content.line.trim()
      const { at } = content
      const why = complaint(() => parsePipeline(line))
      // Of a log, lines that are cut are no complaint.
      if (why === undefined)
        return [{ file, line: at, text: line, work: { line }, kernels: undefined, board: undefined }]
      notExamined.push(`${file}:${at}: the pipeline cannot be read: ${why}`)
    }
    if (content.kind === 'scenario') {
      const why = complaint(() => readScenario(content.text, file))
      if (why !== undefined) notExamined.push(`${file}: ${why}`)
      else {
        const { kernel, board, name } = readScenario(content.text, file)
        return [
          {
            file,
            line: null,
            text: name,
            work: { scenario: content.text, file },
            kernels: kernel === undefined ? undefined : [kernel],
            board,
          },
        ]
      }
    }
    return []
  })
  for (const { file, line, text, work, kernels, board } of works.slice(0, RUNS)) {
    const change = {
      ...(kernels === undefined ? {} : { kernels }),
      // A board file beside a scenario is for `dmalab run`, which is told where it lies.
      ...(model.board === undefined && board !== undefined && !/[./]/.test(board) ? { board } : {}),
    }
    const place = line === null ? file : `${file}:${line}`
    const made = await model.run(work, change)
    if (typeof made === 'string') {
      notExamined.push(`${place}: not run on the model: ${made}`)
      continue
    }
    ran += 1
    if (made.run.verdict === 'works' && made.run.findings.every(({ severity }) => severity === 'info'))
      notes.push({
        kind: 'note',
        id: 'model-works',
        what: `on the model of this board and ${made.run.kernel} it works${made.run.assumptions.length > 0 ? ', if what is assumed holds' : ''}: ${model.command(made.spec)}`,
        evidence: [{ file, line, text }],
      })
    else drafts.push(draftOf(made, model, { file, line, text }))
  }
  if (works.length > RUNS)
    notExamined.push(`${works.length - RUNS} more pipelines and scenarios: ${RUNS} are run at most`)
  return { drafts, notes, notExamined, ran }
}

const draftOf = (made: ModelRun, model: Model, place: Draft['evidence'][number]): Draft => {
  const { run } = made
  const graves = run.findings.filter(({ severity }) => severity !== 'info')
  const [grave] = graves.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
  const explained = grave === undefined ? undefined : explainCode(grave.code)
  const shown = model.shownOf(made, 'the same on the model')
  return {
    id: grave?.code ?? `model-${run.verdict}`,
    device: grave?.device ?? '',
    devices: [],
    title:
      run.verdict === 'works'
        ? (explained?.title ?? 'a finding of the model')
        : `on the model this is ${VERDICTS[run.verdict]}`,
    observed: true,
    certainty: run.assumptions.length > 0 ? 'likely' : 'certain',
    what: [
      ...(run.step === null
        ? []
        : [
            `it ends at ${run.step}${run.errno === null ? '' : ` with ${run.errno}`}${run.why === null ? '' : `: ${run.why}`}`,
          ]),
      ...new Set(graves.slice(0, 4).map(({ message }) => message)),
    ],
    evidence: [place],
    tries: [...new Set(graves.slice(0, 4).flatMap(({ code }) => explainCode(code)?.fixes ?? []))].slice(0, 6),
    next: null,
    code: grave?.code ?? null,
    shown,
    experiments: [],
  }
}

const VERDICTS: Readonly<Record<ModelRun['run']['verdict'], string>> = {
  works: 'working',
  refused: 'refused',
  fault: 'a kernel fault',
  stalled: 'stalled for ever',
  corrupt: 'wrong data',
  unknown: 'undecided',
}

const complaint = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    if (!isInputError(error)) throw error
    return error.message
  }
}
