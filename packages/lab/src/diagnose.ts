// A diagnosis with the built-in kernels and boards.
import type { BoardSpec, Diagnosis, RunSpec, Symptom } from '@dmalab/api'
import {
  type BundleParts,
  diagnose as diagnoseWith,
  type Input,
  type InputTools,
  NO_TOOLS,
  readBundle as readWith,
} from '@dmalab/diagnose'
import type { RunParts } from '@dmalab/runner'
import { machineOfSpec } from '@dmalab/scenario'
import { openLaboratory } from './laboratory.ts'
import { usualKernelFor } from './request.ts'
import { NOTHING_USUAL, type Usual } from './usual.ts'

export interface DiagnoseRequest {
  readonly symptom?: Symptom | undefined
  /** Where no input holds a board. */
  readonly board?: BoardSpec | undefined
  /** Memory where a tree states none and no log says: SIZE or SIZE@BASE, once for each bank. */
  readonly memory?: readonly string[] | undefined
  /** How a run is written as a command; `bundle`: the archive that its board and kernel come from. */
  readonly commandOf: (spec: RunSpec, bundle: string | undefined) => string
  /** A word as a shell takes it. */
  readonly quote: (word: string) => string
  /** What compiles and unpacks (`inputTools` of the node entry); absent: source and what is compressed by other than gzip is not read. */
  readonly tools?: InputTools
  /** An opened laboratory; absent, one is opened for this call. */
  readonly laboratory?: RunParts
  readonly signal?: AbortSignal
  readonly usual?: Usual | undefined
}

/** What is wrong in whatever the inputs hold. What cannot be read is listed; nothing in them makes it throw. */
export const diagnose = async (inputs: readonly Input[], request: DiagnoseRequest): Promise<Diagnosis> => {
  const { laboratory, tools = NO_TOOLS, usual = NOTHING_USUAL, ...rest } = request
  const parts = laboratory ?? (await openLaboratory())
  return diagnoseWith(inputs, {
    ...rest,
    tools,
    parts,
    usualBoard: usual.board,
    usualKernel: (board) =>
      usual.kernel(machineOfSpec(board, parts.registry).arch) ?? usualKernelFor(parts.registry, board),
  })
}

/** Board, kernel, configuration, command line and pipeline of an archive. @throws InputError for one without a board */
export const readBundle = async (input: Input, parts: RunParts, tools: InputTools = NO_TOOLS): Promise<BundleParts> =>
  readWith(input, { parts, tools, usualKernel: (board) => usualKernelFor(parts.registry, board) })
