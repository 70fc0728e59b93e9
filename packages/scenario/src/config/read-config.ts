// The configuration file of a user: what a run has where neither the command nor a scenario says so.
import { z } from 'zod'
import { checkYaml, loadYaml, placeInText } from '../yaml/yaml-source.ts'

const configSchema = z.strictObject({
  board: z
    .string()
    .min(1)
    .exactOptional()
    .describe('a board by name, or the path of a board file or device tree, from the folder of this file'),
  kernel: z
    .string()
    .min(1)
    .exactOptional()
    .describe('arch@release+patch; where the board is of another architecture, its usual kernel'),
  memory: z
    .union([z.string(), z.array(z.string()).min(1)])
    .exactOptional()
    .describe('memory where a device tree states none, such as 2GiB or 2GiB@0x8000_0000; a list for several banks'),
})

export type UserConfig = z.output<typeof configSchema>

/** Reads dmalab.yaml. An empty file says nothing. @throws InputError for the first problem; its hint lists the others */
export const readConfig = (text: string, file: string): UserConfig => {
  const source = loadYaml(text, file, 'configuration')
  return checkYaml(configSchema, source.doc.toJS() ?? {}, (path, atKey) => placeInText(source, path, atKey))
}

/** JSON schema (draft 2020-12) of a configuration file, for editors. */
export const configJsonSchema = (): object =>
  z.toJSONSchema(configSchema.meta({ title: 'dmalab configuration' }), { io: 'input' })
