// Scenario file -> plain data. Every complaint names file, line, column and path.
import { InputError } from '@dmalab/api'
import type { InputPlace, PipelineExpectation, ScenarioWork, StepsScenario } from '@dmalab/api'
import type { Overrides } from '../bind/find-device.ts'
import { parsePipeline } from '../pipeline/parse-pipeline.ts'
import { PipelineError } from '../pipeline/pipeline-error.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { checkYaml, complain, loadYaml, placeInText, type PlaceOf } from '../yaml/yaml-source.ts'
import { stepProblems } from './check-steps.ts'
import { pipelineFileSchema, stepsFileSchema } from './schema.ts'

/** What a file says of itself beside its work. */
type Meant = Pick<
  StepsScenario,
  'title' | 'board' | 'kernel' | 'cmdline' | 'config' | 'inject' | 'seed' | 'adversarialCache'
>

/** A scenario file: steps, or a pipeline that still has to be bound to a machine. */
export type ScenarioFile = StepsScenario | PipelineFile

export interface PipelineFile extends Meant {
  readonly kind: 'pipeline-file'
  readonly name: string
  readonly pipeline: Pipeline
  readonly bind: Overrides
  /** What must come of the whole run. */
  readonly expect?: PipelineExpectation
}

/**
 * Reads a scenario from YAML (or JSON, which is YAML). `file` is only named in messages.
 *
 * @throws InputError for the first problem; its hint lists the others
 */
export const readScenario = (text: string, file: string): ScenarioFile => {
  const source = loadYaml(text, file, 'scenario')
  if (source.doc.contents === null)
    throw new InputError('the file is empty', { file }, 'expected a scenario (docs/scenarios.md)')
  return scenarioFrom(source.doc.toJS(), (path, atKey) => placeInText(source, path, atKey))
}

/**
 * A scenario that is data already, such as parsed JSON. `file` is only named in messages.
 * @throws InputError as readScenario does, with the path instead of a line
 */
export const checkScenario = (value: unknown, file: string): ScenarioFile =>
  scenarioFrom(value, (path) => ({ file, path: path.join('.') }))

/** Where a step stands, from 0 on, in a scenario that could be read. */
export const placeOfStep = ({ scenario, file }: ScenarioWork, step: number): InputPlace => {
  const path = ['steps', step]
  return typeof scenario === 'string'
    ? placeInText(loadYaml(scenario, file, 'scenario'), path, false)
    : { file, path: path.join('.') }
}

const scenarioFrom = (value: unknown, placeOf: PlaceOf): ScenarioFile => {
  if (typeof value === 'object' && value !== null && 'pipeline' in value) {
    const { name, pipeline, bind = {}, expect, ...meant } = checkYaml(pipelineFileSchema(), value, placeOf)
    return {
      kind: 'pipeline-file',
      name,
      ...present(meant),
      pipeline: parseAt(pipeline, placeOf),
      bind,
      ...(expect === undefined ? {} : { expect: stated(expect) }),
    }
  }
  const { name, steps, ...meant } = checkYaml(stepsFileSchema(), value, placeOf)
  // Optional members that are absent stay absent; the types call them undefined.
  const plain = steps as StepsScenario['steps']
  const problems = stepProblems(plain)
  if (problems.length > 0) throw complain(problems, placeOf)
  return { kind: 'steps', name, ...present(meant), steps: plain }
}

const stated = ({
  verdict,
  errno,
  finding,
}: { [Key in keyof PipelineExpectation]?: PipelineExpectation[Key] | undefined }): PipelineExpectation => ({
  ...(verdict === undefined ? {} : { verdict }),
  ...(errno === undefined ? {} : { errno }),
  ...(finding === undefined ? {} : { finding }),
})

/** Members that were written; zod hands absent ones on as undefined. */
const present = (meant: { [Key in keyof Meant]?: Meant[Key] | undefined }): Meant => ({
  ...(meant.title === undefined ? {} : { title: meant.title }),
  ...(meant.board === undefined ? {} : { board: meant.board }),
  ...(meant.kernel === undefined ? {} : { kernel: meant.kernel }),
  ...(meant.cmdline === undefined ? {} : { cmdline: meant.cmdline }),
  ...(meant.config === undefined ? {} : { config: meant.config }),
  ...(meant.inject === undefined ? {} : { inject: meant.inject }),
  ...(meant.seed === undefined ? {} : { seed: meant.seed }),
  ...(meant.adversarialCache === undefined ? {} : { adversarialCache: meant.adversarialCache }),
})

/** The pipeline's own message has line and caret of its text; file and place of the text are added. */
const parseAt = (pipeline: string, placeOf: PlaceOf): Pipeline => {
  try {
    return parsePipeline(pipeline)
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause
    throw new InputError(cause.message, placeOf(['pipeline'], false), cause.hint)
  }
}
