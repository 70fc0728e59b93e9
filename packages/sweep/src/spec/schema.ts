// A sweep file: what may be written. The JSON schema is made from the same definitions.
import { ASSUME_WORDS, SWEEP_AXES, SWEEP_SPEC_VERSION, type SweepAxis } from '@dmalab/api'
import { z } from 'zod'

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text or a number' })

/** One value, or a list of them. Numbers are texts that need no quotes. */
const values = z
  .union([scalar, z.array(scalar).min(1, { error: 'expected at least one value' })], {
    error: 'expected a value, or a list of values',
  })
  .transform((given): readonly string[] => (Array.isArray(given) ? given : [given]).map(String))

const DESCRIPTIONS: Readonly<Record<SweepAxis, string>> = {
  board: 'names of boards, board files, device trees; all: every board there is',
  work: 'gst-launch-1.0 lines, scenario files, names of `lines`, founding, or suggested: what `board show` suggests',
  size: 'picture sizes, WIDTHxHEIGHT',
  format: 'pixel formats by the name of GStreamer or V4L2',
  frames: 'pictures to pass through the pipeline',
  buffers: 'buffers asked of each queue',
  seed: 'seeds of every pattern',
  restart: 'stop and start all queues before this picture',
  'adversarial-cache': 'true or false: evict dirty cache lines and fetch others at any moment',
  inject: 'calls that fail, operation[@device]:nth; blanks between several of one point',
  config: 'kernel configurations, NAME=value; blanks between several options of one point',
  cmdline: 'kernel command lines',
  kernel: 'arch@release+patch, or all: every kernel for the architecture of the board',
}

const axes = Object.fromEntries(
  SWEEP_AXES.map((axis) => [axis, values.optional().meta({ description: DESCRIPTIONS[axis] })]),
) as Record<SweepAxis, z.ZodOptional<typeof values>>

const grid = z.strictObject(axes)

export const sweepSchema = z.strictObject({
  sweep: z
    .literal(SWEEP_SPEC_VERSION, { error: `this dmalab reads version ${SWEEP_SPEC_VERSION} of sweep files` })
    .meta({ description: 'version of this format' }),
  name: z.string().min(1).default('sweep').meta({ description: 'what it is called in reports' }),
  ...axes,
  points: z
    .array(grid)
    .min(1)
    .optional()
    .meta({ description: 'instead of one grid: several, each with the values above where it states none' }),
  exclude: z
    .array(grid)
    .default([])
    .meta({ description: 'points that have all these values are left out; * stands for any text' }),
  lines: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .meta({ description: 'short names: name -> gst-launch-1.0 line or scenario file' }),
  memory: z
    .array(z.string())
    .default([])
    .meta({ description: 'memory of device trees that state none: SIZE or SIZE@BASE' }),
  bind: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .meta({ description: 'element of the pipelines -> device' }),
  assume: z
    .array(z.enum(ASSUME_WORDS, { error: `expected ${ASSUME_WORDS.join(', ')}` }))
    .default([])
    .meta({ description: 'assumptions that are accepted' }),
  plugins: z.array(z.string().min(1)).max(64).default([]).meta({ description: 'plug-ins: files or folders' }),
})

/** JSON schema (draft 2020-12) of a sweep file. */
export const sweepJsonSchema = (): object =>
  z.toJSONSchema(sweepSchema.meta({ title: 'dmalab sweep' }), { io: 'input' })
