// What the page can ask of the laboratory, and the answers.
import { type BoardSpec, isInputError, type RunSpec } from '@dmalab/api'
import {
  checkRunSpec,
  describePipeline,
  FOUNDING_STORY,
  type GivenFile,
  listKernels,
  openFiles,
  type Opened,
  PipelineError,
  readBoard,
  readScenario,
  type RunParts,
  specOf,
  suggestion,
  viewRuns,
} from '@dmalab/lab'
import { type Form, isScenario } from './form.ts'
import { requestOf } from './request.ts'

export type Question =
  | { readonly ask: 'lists' }
  /** A run as the form says it. */
  | { readonly ask: 'run'; readonly form: Form }
  /** A run as an address or a file has it. */
  | { readonly ask: 'spec'; readonly spec: unknown }
  /** The usual comparison, or what to try first on a board. */
  | { readonly ask: 'suggest'; readonly board: BoardSpec | null }
  | { readonly ask: 'work'; readonly board: BoardSpec; readonly work: string; readonly file: string }
  | { readonly ask: 'files'; readonly files: readonly GivenFile[] }

export interface Lists {
  readonly boards: readonly { readonly name: string; readonly title: string }[]
  readonly kernels: readonly { readonly name: string; readonly title: string }[]
  readonly patches: readonly { readonly name: string; readonly title: string }[]
  readonly story: string
}

/** What is wrong with work, and where: from 1; null where no place is known. */
export interface WorkProblem {
  readonly message: string
  readonly line: number | null
  readonly column: number | null
  readonly hint: string | null
}

export type Answer =
  | Opened
  | { readonly got: 'lists'; readonly lists: Lists }
  | { readonly got: 'problem'; readonly problem: WorkProblem | null }

/** @throws InputError for anything the user got wrong */
export const answer = async (parts: RunParts, question: Question): Promise<Answer> => {
  switch (question.ask) {
    case 'lists':
      return { got: 'lists', lists: listsOf(parts) }
    case 'run':
      return viewOf(parts, specOf(parts.registry, requestOf(question.form)))
    case 'spec':
      return viewOf(parts, checkRunSpec(question.spec))
    case 'suggest':
      return question.board === null
        ? { got: 'spec', spec: specOf(parts.registry, {}, 'compare') }
        : suggestion(parts, question.board)
    case 'work':
      return { got: 'problem', problem: problemOf(question.board, question.work, question.file) }
    case 'files':
      return openFiles(parts, question.files)
    default:
      return question satisfies never
  }
}

const listsOf = ({ registry }: RunParts): Lists => {
  const { kernels, patches } = listKernels(registry)
  return {
    boards: registry.boards.names().map((name) => ({ name, title: registry.boards.get(name).title })),
    kernels: kernels.map(({ name, title }) => ({ name, title })),
    patches: patches.map(({ name, title }) => ({ name, title })),
    story: FOUNDING_STORY,
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
