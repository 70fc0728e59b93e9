// docs/scenarios.md: every step with its fields, from the schema that scenario files are read by.
import { z } from 'zod'
import { stepsFileSchema } from './schema.ts'
import { stepSchema } from './step-schema.ts'

/** As much of a JSON schema as a page needs. */
interface FieldSchema {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly items?: FieldSchema
}

interface ObjectSchema extends FieldSchema {
  readonly properties: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
}

const INTRODUCTION = `# Scenario files

A scenario is YAML: a few words about itself, then \`steps\`, each a call of a driver or of user space under the kernel's name for it where there
is one. \`dmalab run FILE\` does them in order and exits with 0 when all came that the file states; [scenarios/](../scenarios) has
many. A step that fails ends the run, unless the next one expects its errno. Editors complete and check these files with
[scenario.schema.json](scenario.schema.json): put \`# yaml-language-server: $schema=PATH\` on the first line.

Instead of \`steps\` a file may have a \`pipeline\` (a gst-launch-1.0 line), with \`bind\` (element: device) and \`expect\` (verdict, errno, finding).

Lengths and addresses are numbers or text such as \`0x5100_0000\` and \`64KiB\`. A device goes by the name that its board gives it; boards
that were imported from a device tree have the kernel's names (\`32e30000.dwe\`).
`

/** docs/scenarios.md. */
export const scenarioPage = (): string => {
  const { properties } = objectSchema(stepsFileSchema())
  const head = Object.entries(properties).filter(([name]) => name !== 'steps')
  const required = objectSchema(stepsFileSchema()).required ?? []
  return [
    INTRODUCTION,
    '## About itself\n',
    ...head.map(([name, field]) => fieldLine(name, field, required.includes(name))),
    '',
    ...stepSchema().options.flatMap((option) => stepLines(objectSchema(option), exampleOf(option))),
  ].join('\n')
}

const objectSchema = (schema: z.ZodType): ObjectSchema =>
  z.toJSONSchema(schema, { io: 'input' }) as unknown as ObjectSchema

type Example = Readonly<Record<string, unknown>>

const exampleOf = (step: z.ZodType): Example => (step.meta()?.['examples'] as readonly Example[] | undefined)?.[0] ?? {}

const stepLines = (
  { properties, required = [], description = '' }: ObjectSchema,
  example: Example,
): readonly string[] => {
  const fields = Object.entries(properties).filter(([name]) => name !== 'do')
  return [
    `## ${String(example['do'])}\n`,
    `${description}\n`,
    ...fields.map(([name, field]) => fieldLine(name, field, required.includes(name))),
    ...(fields.length > 0 ? [''] : []),
    '```yaml',
    `- ${inYaml(example)}`,
    '```\n',
  ]
}

/** Every step: what it does, and an example in one line. */
export const scenarioSteps = (): readonly {
  readonly name: string
  readonly description: string
  readonly example: string
}[] =>
  stepSchema().options.map((option) => {
    const example = exampleOf(option)
    return {
      name: String(example['do']),
      description: option.meta()?.description ?? '',
      example: inYaml(example),
    }
  })

/** Longer lists are named by what they are: errnos, findings. */
const MOST_CHOICES = 12

const fieldLine = (name: string, { description = '', enum: choices = [] }: FieldSchema, required: boolean): string => {
  const named = choices.length > 0 && choices.length <= MOST_CHOICES ? ` (${choices.join(', ')})` : ''
  return `- \`${name}\`${required ? '' : ', may be absent'}: ${description}${named}`
}

/** Flow style, as scenario files have it. */
const inYaml = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${key}: ${inYaml(member)}`)
    .join(', ')} }`
}
