// Explorations with the built-in plug-ins, for programs.
import { type ExplainedCode, type ExploreBound, type ExploreReport, InputError, type Machine } from '@dmalab/api'
import { explainCode } from '@dmalab/checker'
import {
  EXPLORE_REQUEST,
  explainExplored,
  explore as exploreWith,
  type ExploreControl,
  type ExploreRequest,
} from '@dmalab/explore'
import type { RunParts } from '@dmalab/runner'
import { openLaboratory } from './laboratory.ts'

export interface ExploreWork {
  /** `arm@4.11+nopage-rfc`. */
  readonly kernel: string
  /** As readBoard() gives it; absent: machines made for the exploration. */
  readonly board?: Machine
  /** Devices of the board: exporter, importer, and perhaps a second importer. Absent: one of each kind, in both parts. */
  readonly devices?: readonly string[]
  readonly seed?: number
  readonly bound?: Partial<ExploreBound>
  /** `axis=value`, such as `importer=iommu`: configurations in which these values alone are not plain. */
  readonly only?: readonly string[]
}

export interface LabExploreControl extends ExploreControl {
  /** An opened laboratory; absent, one is opened for this call. */
  readonly laboratory?: RunParts
}

/** What can go wrong with a kernel or its patch, and the smallest scenario of each. @throws InputError for a kernel that is not there */
export const explore = async (work: ExploreWork, control: LabExploreControl = {}): Promise<ExploreReport> =>
  exploreWith(control.laboratory ?? (await openLaboratory()), exploreRequest(work), control)

/** @throws InputError for devices without a board */
export const exploreRequest = ({ kernel, board, devices = [], seed, bound, only }: ExploreWork): ExploreRequest => ({
  kernel,
  board: boardOf(board, devices),
  seed: seed ?? EXPLORE_REQUEST.seed,
  bound: { ...EXPLORE_REQUEST.bound, ...bound },
  only: only ?? [],
})

const boardOf = (machine: Machine | undefined, devices: readonly string[]): ExploreRequest['board'] => {
  if (machine !== undefined) return { machine, devices }
  if (devices.length === 0) return null
  throw new InputError(`devices ${devices.join(', ')} are given without a board`, {}, 'name the board that has them')
}

/** What the code of a defect means; undefined for a code of a plug-in's rule. */
export const explainDefect = (code: string): ExplainedCode | undefined => explainCode(code) ?? explainExplored(code)
