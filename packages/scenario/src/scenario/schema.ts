// Scenario files as YAML: what each may say. The JSON schema is made from the same definitions.
import { madeOnce } from '@dmalab/api'
import { z } from 'zod'
import { errno, finding, stepSchema, verdict } from './step-schema.ts'
import { deviceName, name } from './values.ts'

export const inject = z
  .array(z.string().regex(/^[a-zA-Z]+(@.+)?:[1-9]\d*$/, 'expected operation[@device]:nth, such as mapPage@converter:2'))
  .describe('calls that fail: operation[@device]:nth')

const head = madeOnce(() => ({
  name: name.describe('what it is called in reports'),
  title: z.string().optional().describe('one line for people'),
  board: z.string().optional().describe('board it is meant for: a shipped one, or a file beside this one'),
  kernel: z.string().optional().describe('kernel it is meant for, such as arm@4.11+nopage-rfc'),
  cmdline: z.string().optional().describe('kernel parameters it is meant for, such as iommu.strict=0'),
  config: z.array(z.string()).optional().describe('kernel configuration it is meant for: NAME or NAME=value'),
  inject: inject.optional(),
}))

export const stepsFileSchema = madeOnce(() =>
  z.strictObject({
    ...head(),
    seed: z.int().min(0).max(0xffff_ffff).optional().describe('of every pattern, whatever the command line says'),
    adversarialCache: z
      .boolean()
      .optional()
      .describe('dirty cache lines are evicted and others fetched at any legal moment, chosen by the seed'),
    steps: z.array(stepSchema()).min(1).describe('calls of drivers and of user space, in order'),
  }),
)

export const pipelineFileSchema = madeOnce(() =>
  z.strictObject({
    ...head(),
    pipeline: z.string().describe('what is typed at a shell: a gst-launch-1.0 line'),
    bind: z.record(z.string(), deviceName).optional().describe('element (factory or name) to device, as --bind does'),
    expect: z
      .strictObject({
        verdict: verdict.optional(),
        errno: errno.optional(),
        finding: finding.optional(),
      })
      .optional()
      .describe('what must come of the whole run'),
  }),
)

/** JSON schema (draft 2020-12) of a scenario file as it is written. */
export const scenarioJsonSchema = (): object =>
  z.toJSONSchema(z.union([pipelineFileSchema(), stepsFileSchema()]).meta({ title: 'dmalab scenario' }), {
    io: 'input',
    // zod leaves examples out where a value is transformed; ours are as they are written.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.['examples']
      if (Array.isArray(examples)) jsonSchema.examples = examples
    },
  })
