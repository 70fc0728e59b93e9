// The configuration file of a user: what a run has where neither the command nor a scenario says so.
import { InputError, type InputPlace, isInputError, madeOnce } from '@dmalab/api'
import { parseMemory } from '@dmalab/machine'
import { z } from 'zod'
import { checkYaml, loadYaml, placeInText, type PlaceOf } from '../yaml/yaml-source.ts'

const configSchema = madeOnce(() =>
  z.strictObject({
    board: z
      .string()
      .min(1)
      .exactOptional()
      .describe('a board by name, or the path of a board file or device tree, from the folder of this file'),
    kernel: z
      .string({ error: 'expected a text in quotes, such as "6.12": without them it is a number' })
      .min(1)
      .exactOptional()
      .describe('arch@release+patch; where the board is of another architecture, its usual kernel'),
    memory: z
      .union([z.string(), z.array(z.string()).min(1)])
      .exactOptional()
      .describe('memory where a device tree states none, such as 2GiB or 2GiB@0x8000_0000; a list for several banks'),
  }),
)

type Config = z.output<ReturnType<typeof configSchema>>

/** A value, and where it stands. */
export interface Placed<Value> {
  readonly value: Value
  readonly place: InputPlace
}

export interface UserConfig {
  readonly board?: Placed<string>
  readonly kernel?: Placed<string>
  readonly memory?: Placed<readonly string[]>
}

/** Reads dmalab.yaml. An empty file says nothing. @throws InputError for the first problem; its hint lists the others */
export const readConfig = (text: string, file: string): UserConfig => {
  const source = loadYaml(text, file, 'configuration')
  const placeOf: PlaceOf = (path, atKey) => placeInText(source, path, atKey)
  const { board, kernel, memory }: Config = checkYaml(configSchema(), source.doc.toJS() ?? {}, placeOf)
  const placed = <Value>(name: keyof Config, value: Value): Placed<Value> => ({ value, place: placeOf([name], false) })
  return {
    ...(board === undefined ? {} : { board: placed('board', board) }),
    ...(kernel === undefined ? {} : { kernel: placed('kernel', kernel) }),
    ...(memory === undefined ? {} : { memory: banks(placed('memory', memory)) }),
  }
}

/** @throws InputError for what is no amount of memory */
const banks = ({ value, place }: Placed<string | readonly string[]>): Placed<readonly string[]> => {
  const texts = typeof value === 'string' ? [value] : value
  try {
    parseMemory(texts)
  } catch (error) {
    throw isInputError(error) ? new InputError(error.message, place, error.hint) : error
  }
  return { value: texts, place }
}

/** JSON schema (draft 2020-12) of a configuration file, for editors. */
export const configJsonSchema = (): object =>
  z.toJSONSchema(configSchema().meta({ title: 'dmalab configuration' }), { io: 'input' })
