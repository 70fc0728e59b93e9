// What a RunSpec holds, read: its board as a machine, its scenario as data.
import type { ArchName, BoardSpec, Machine, PipelineScenario, ScenarioWork } from '@dmalab/api'
import { machineFromData, machineFromDtb, parseMemory, readMachine, withVirtualDevices } from '@dmalab/machine'
import { bindPipeline } from '../bind/bind-pipeline.ts'
import type { Overrides } from '../bind/find-device.ts'
import type { PictureWishes } from '../negotiate/told.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { checkScenario, readScenario, type ScenarioFile } from '../scenario/read-scenario.ts'

/** What a registry knows of boards. */
export interface KnownBoards {
  readonly boards: { readonly get: (name: string) => Machine }
  /** What `arch:` of a board may be. */
  readonly boardArches: () => readonly ArchName[]
}

/**
 * The machine that a spec's board means.
 * @throws InputError for what is not a board
 */
export const machineOfSpec = (board: BoardSpec, known: KnownBoards): Machine => {
  if (typeof board === 'string') return known.boards.get(board)
  if ('text' in board) return readMachine(board.text, board.file, known.boardArches())
  if ('machine' in board) return machineFromData(board.machine, { path: 'board.machine' }, known.boardArches())
  const { dtb, file, memory, arch } = board
  return machineFromDtb(bytesOf(dtb), { file, ...(arch === null ? {} : { arch }), ...parseMemory(memory) })
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

/** Bytes as a spec holds them. */
export const base64Of = (bytes: Uint8Array): string => {
  const CHUNK = 8192
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(text)
}

/** @throws InputError for a scenario with a mistake */
export const scenarioOfSpec = ({ scenario, file }: ScenarioWork): ScenarioFile =>
  typeof scenario === 'string' ? readScenario(scenario, file) : checkScenario(scenario, file)

/**
 * A pipeline bound to the devices of a machine, with the virtual devices that bindings name.
 * @throws InputError for an element or a device that does not exist
 */
export const bindToMachine = (
  pipeline: Pipeline,
  real: Machine,
  overrides: Overrides,
  wishes: PictureWishes,
): { readonly machine: Machine; readonly bound: PipelineScenario } => {
  const machine = withVirtualDevices(real, Object.values(overrides))
  return { machine, bound: bindPipeline(pipeline, machine, overrides, wishes) }
}
