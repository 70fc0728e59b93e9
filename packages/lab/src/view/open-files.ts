// What files are, and what the explorer makes of each: a run, something to run, or a diagnosis.
import {
  type BoardSpec,
  type Diagnosis,
  type ExploreReport,
  type JsonObject,
  type RunReport,
  type RunSpec,
  VIEW_VERSION,
  type ViewData,
} from '@dmalab/api'
import { inputOf, type InputTools } from '@dmalab/diagnose'
import { describeBoard, isDtb, statesMemory } from '@dmalab/machine'
import { commandOf, shellCommand } from '@dmalab/report/view'
import type { RunParts } from '@dmalab/runner'
import { base64Of, checkRunSpec, machineOfSpec } from '@dmalab/scenario'
import { readSweepReport } from '@dmalab/sweep'
import { createReader } from '@dmalab/trace'
import { diagnose } from '../diagnose.ts'
import { suggestedRun } from '../suggested-run.ts'
import { NOTHING_USUAL, type Usual } from '../usual.ts'
import { explained } from './view-runs.ts'
import { viewDiagnosis, viewExploration, viewSweep, viewTrace } from './view-others.ts'

export interface GivenFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export type Opened =
  | { readonly got: 'view'; readonly view: ViewData }
  | { readonly got: 'spec'; readonly spec: RunSpec }
  /** A board, and why no kernel here can run anything on it. */
  | { readonly got: 'board'; readonly board: BoardSpec; readonly why: string }
  /** A gst-launch-1.0 line or a scenario. */
  | { readonly got: 'work'; readonly work: string; readonly file: string }

/** Bytes of a file that say what it is. */
const PEEK = 2 ** 18

/**
 * One file is shown as what it is; several, and what is nothing else, are diagnosed together.
 * @throws InputError for a report or a spec with a mistake
 */
export const openFiles = async (
  parts: RunParts,
  files: readonly GivenFile[],
  tools?: InputTools,
  usual: Usual = NOTHING_USUAL,
): Promise<Opened> => {
  const [first] = files
  if (first !== undefined && files.length === 1) {
    const one = await openFile(parts, first, usual)
    if (one !== undefined) return one
  }
  const command = shellCommand(['dmalab', 'diagnose', ...files.map(({ name }) => name)])
  const diagnosis = await diagnose(
    files.map(({ name, bytes }) => inputOf(name, bytes)),
    {
      laboratory: parts,
      usual,
      memory: usual.memory(),
      ...(tools === undefined ? {} : { tools }),
      commandOf: (spec, bundle) => commandOf(spec, { files: true, bundle }),
      quote: (word) => shellCommand([word]),
    },
  )
  return { got: 'view', view: viewDiagnosis(diagnosis, command) }
}

/** Undefined: it is nothing that is shown by itself. */
const openFile = async (parts: RunParts, { name, bytes }: GivenFile, usual: Usual): Promise<Opened | undefined> => {
  const text = (): string => new TextDecoder().decode(bytes)
  if (isDtb(bytes)) {
    const memory = statesMemory(bytes, { file: name }) ? [] : (usual.memory() ?? [])
    return suggestion(parts, { dtb: base64Of(bytes), file: name, overlays: [], memory, arch: null }, usual)
  }
  const json = isJson(bytes) ? objectIn(text()) : undefined
  if (json !== undefined) {
    const report = ofReport(parts, json, text(), name)
    if (report !== undefined) return report
  }
  const { inputs } = await diagnose([inputOf(name, bytes.subarray(0, PEEK))], {
    laboratory: parts,
    commandOf: () => '',
    quote: (word) => word,
  })
  switch (inputs[0]?.kind) {
    case 'board':
      return suggestion(parts, { text: text(), file: name }, usual)
    case 'scenario':
      return { got: 'work', work: text(), file: name }
    case 'line':
      return { got: 'work', work: text().trim(), file: name }
    case 'trace':
      return { got: 'view', view: await viewLog(name, bytes) }
    default:
      return undefined
  }
}

/** What to try first on a board. @throws InputError for a board with a mistake */
export const suggestion = ({ registry }: RunParts, board: BoardSpec, usual: Usual = NOTHING_USUAL): Opened => {
  const suggested = suggestedRun(registry, board, [], usual.kernel(machineOfSpec(board, registry).arch))
  return 'spec' in suggested ? { got: 'spec', spec: suggested.spec } : { got: 'board', board, why: suggested.none }
}

const isJson = (bytes: Uint8Array): boolean => /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)))

const objectIn = (text: string): JsonObject | undefined => {
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    return undefined
  }
}

/** What `--json` printed, or a spec; undefined: it is neither. @throws InputError for one with a mistake */
const ofReport = (parts: RunParts, json: JsonObject, text: string, name: string): Opened | undefined => {
  const command = shellCommand(['dmalab', 'view', name])
  const has = (...keys: readonly string[]): boolean => keys.every((key) => key in json)
  if (has('version', 'board', 'kernels', 'work')) return { got: 'spec', spec: checkRunSpec(json, name) }
  if (has('schema', 'axes', 'points')) return { got: 'view', view: viewSweep(readSweepReport(text, name), {}, command) }
  if (has('schema', 'defects', 'coverage', 'bound'))
    return { got: 'view', view: viewExploration(json as unknown as ExploreReport, command) }
  if (has('schema', 'answers', 'inputs', 'contradictions'))
    return { got: 'view', view: viewDiagnosis(json as unknown as Diagnosis, command) }
  if (has('schema', 'runs', 'scenario', 'options'))
    return { got: 'view', view: viewReport(parts, json as unknown as RunReport, command) }
  return undefined
}

/** A report alone: it holds what came of each step, and no events. */
const viewReport = ({ registry }: RunParts, report: RunReport, command: string): ViewData => ({
  view: VIEW_VERSION,
  kind: 'runs',
  title: report.scenario,
  command,
  codes: explained(report.runs.flatMap(({ findings }) => findings)),
  spec: null,
  report,
  board: registry.boards.has(report.board) ? describeBoard(machineOfSpec(report.board, registry)) : null,
  pipeline: null,
  runs: report.runs.map(({ kernel }) => ({ name: kernel, events: [], leftOut: 0, boot: null, lines: [] })),
})

const viewLog = (name: string, bytes: Uint8Array): Promise<ViewData> =>
  viewTrace(
    name,
    (onEvent) => {
      const reader = createReader({ onEvent })
      reader.push(bytes)
      return Promise.resolve(reader.end())
    },
    shellCommand(['dmalab', 'trace', 'check', name]),
  )
