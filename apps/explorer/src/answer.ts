// What the page can ask of the laboratory, and the answers.
import { type BoardSpec, isInputError, type RunSpec } from '@dmalab/api'
import {
  checkRunSpec,
  describePipeline,
  type GivenFile,
  openFiles,
  type Opened,
  PipelineError,
  readBoard,
  readScenario,
  type RunParts,
  specOf,
  viewRuns,
} from '@dmalab/lab'
import { type Form, isScenario } from './form.ts'
import { requestOf } from './request.ts'

export type Question =
  /** A run as the form says it. */
  | { readonly ask: 'run'; readonly form: Form }
  /** A run as an address or a file has it. */
  | { readonly ask: 'spec'; readonly spec: unknown }
  | { readonly ask: 'work'; readonly board: BoardSpec; readonly work: string; readonly file: string }
  | { readonly ask: 'files'; readonly files: readonly GivenFile[] }

/** What is wrong with work, and where: from 1; null where no place is known. */
export interface WorkProblem {
  readonly message: string
  readonly line: number | null
  readonly column: number | null
  readonly hint: string | null
}

export type Answer = Opened | { readonly got: 'problem'; readonly problem: WorkProblem | null }

/** @throws InputError for anything the user got wrong */
export const answer = async (parts: RunParts, question: Question): Promise<Answer> => {
  switch (question.ask) {
    case 'run':
      return viewOf(parts, specOf(parts.registry, requestOf(question.form)))
    case 'spec':
      return viewOf(parts, checkRunSpec(question.spec))
    case 'work':
      return { got: 'problem', problem: problemOf(question.board, question.work, question.file) }
    case 'files':
      return openFiles(parts, question.files)
    default:
      return question satisfies never
  }
}

const viewOf = async (parts: RunParts, spec: RunSpec): Promise<Answer> => ({
  got: 'view',
  view: await viewRuns(parts, spec),
})

/** Null: nothing is wrong. */
const problemOf = (board: BoardSpec, work: string, file: string): WorkProblem | null => {
  try {
    if (isScenario(work)) readScenario(work, file)
    else describePipeline(work, readBoard(board))
    return null
  } catch (error) {
    if (!isInputError(error)) throw error
    const { line = null, column = null } = error.place
    const message = error instanceof PipelineError ? error.reason : error.message
    return { message, line, column, hint: error.hint ?? null }
  }
}
