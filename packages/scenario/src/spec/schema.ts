// RunSpec as JSON: what may be written, with the values that absent members get. The JSON schema is made from the same definitions.
import { ASSUME_WORDS, madeOnce, orMeant, RUN_DEFAULTS, RUN_LIMITS, RUN_SPEC_VERSION, type RunSpec } from '@dmalab/api'
import { z } from 'zod'
import { inject } from '../scenario/schema.ts'

/** An object of these keys only; an unknown one is answered with those that are known. */
const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key${orMeant(String(issue.keys[0]), Object.keys(shape))}; expected ${Object.keys(shape).join(', ')}`
        : undefined,
  })

const whole = (name: keyof typeof RUN_LIMITS) => {
  const [low, high] = RUN_LIMITS[name]
  const error = (issue: { readonly input?: unknown }): string =>
    `${name} is ${JSON.stringify(issue.input)}; it must be a whole number from ${low} to ${high}`
  return z.int({ error }).min(low, { error }).max(high, { error })
}

/** One of several shapes, told apart by the key that only one of them has. */
const oneOf = <const Options extends readonly [z.ZodType, ...z.ZodType[]]>(what: string, options: Options) =>
  z.union(options, { error: `expected ${what}` })

/** What may be written; parsing fills in what is left out. */
export const runSpecSchema = madeOnce(() => {
  const json = z.record(z.string(), z.unknown())
  const text = z.string().min(1, { error: 'expected a name, not an empty text' })

  const board = oneOf('a board: its name, {text}, {machine} or {dtb}', [
    text.meta({ description: 'name of a board that comes with dmalab or a plug-in' }),
    object({
      text: text.meta({ description: 'a board file as it is written: YAML or JSON' }),
      file: text.default('board.yaml').meta({ description: 'its name in messages' }),
    }),
    object({ machine: json.meta({ description: 'the content of a board file' }) }),
    object({
      dtb: z.base64().min(1).meta({ description: 'a device tree blob in base64, with its overlays applied' }),
      file: text.default('board.dtb').meta({ description: 'its name in messages' }),
      overlays: z.array(text).default([]).meta({ description: 'files of the overlays that it holds already' }),
      memory: z
        .array(text)
        .default([])
        .meta({ description: 'where the tree states no memory: SIZE or SIZE@BASE, once for each bank' }),
      arch: z
        .enum(['armhf', 'arm64', 'riscv64'])
        .nullable()
        .default(null)
        .meta({ description: 'architecture of the kernel; null: by the CPUs of the tree' }),
    }),
  ])

  const work = oneOf('work: {line}, {scenario} or {log}', [
    object({ line: text.meta({ description: 'a gst-launch-1.0 line' }) }),
    object({
      scenario: z
        .union([text, json], { error: 'expected the text of a scenario file, or its content' })
        .meta({ description: 'a scenario file: its text (YAML or JSON) or its content' }),
      file: text.default('scenario').meta({ description: 'its name in messages' }),
    }),
    object({
      log: text.meta({ description: 'an ftrace log, to replay' }),
      file: text.default('log').meta({ description: 'its name in messages' }),
      devices: z
        .record(z.string(), text)
        .default({})
        .meta({ description: 'device of the log -> device of the board that stands for it' }),
    }),
  ])

  const options = object({
    frames: whole('frames')
      .nullable()
      .default(RUN_DEFAULTS.frames)
      .meta({ description: 'pictures to pass through the pipeline; null: what the line says' }),
    size: z
      .string()
      .regex(/^\d{1,5}x\d{1,5}$/, { error: 'expected WIDTHxHEIGHT, such as 1920x1080' })
      .nullable()
      .default(RUN_DEFAULTS.size)
      .meta({ description: 'picture size in pixels; null: what the line says' }),
    format: text
      .nullable()
      .default(RUN_DEFAULTS.format)
      .meta({ description: 'pixel format by the name of GStreamer or V4L2; null: what the line says' }),
    buffers: whole('buffers').default(RUN_DEFAULTS.buffers).meta({ description: 'buffers asked of each queue' }),
    seed: whole('seed').default(RUN_DEFAULTS.seed).meta({ description: 'seed of every pattern' }),
    bind: z
      .record(z.string().min(1), text)
      .default({})
      .meta({ description: 'element of the pipeline -> device of the board' }),
    inject: inject.default([]),
    restart: whole('restart')
      .nullable()
      .default(RUN_DEFAULTS.restart)
      .meta({ description: 'stop and start all queues before this picture; null: never' }),
    adversarialCache: z
      .boolean()
      .default(RUN_DEFAULTS.adversarialCache)
      .meta({ description: 'evict dirty cache lines and fetch others at any moment, chosen by the seed' }),
    assume: z
      .array(z.enum(ASSUME_WORDS, { error: `expected ${ASSUME_WORDS.join(', ')}` }))
      .default([])
      .meta({ description: 'assumptions that are accepted: a verdict that rests on them is given' }),
  })

  const plugin = object({
    path: text.meta({ description: 'a file, or a folder with a package.json' }),
    hash: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, { error: 'expected sha256: and 64 hexadecimal digits' })
      .nullable()
      .default(null)
      .meta({ description: 'digest of the module that is loaded; null: whatever is there' }),
  })

  return object({
    version: z
      .literal(RUN_SPEC_VERSION, { error: `this dmalab reads version ${RUN_SPEC_VERSION} of run specs` })
      .meta({ description: 'of this format' }),
    board,
    kernels: z
      .array(text)
      .min(1, { error: 'expected at least one kernel, such as arm@4.11+nopage-rfc' })
      .max(64, { error: 'expected at most 64 kernels' })
      .meta({ description: 'arch@release, then +patch for each patch: a run each' }),
    config: z.array(text).default([]).meta({ description: 'kernel configuration: NAME or NAME=value' }),
    cmdline: z
      .string()
      .nullable()
      .default(null)
      .meta({ description: 'kernel command line; null: what the scenario states, if it does' }),
    work,
    options: options.prefault({}),
    plugins: z.array(plugin).max(64).default([]),
  }) satisfies z.ZodType<RunSpec>
})

/** A spec as it may be written: members with a usual value can be left out. */
export type WrittenRunSpec = z.input<ReturnType<typeof runSpecSchema>>

/** JSON schema (draft 2020-12) of a spec as it is written. */
export const runSpecJsonSchema = (): object =>
  z.toJSONSchema(runSpecSchema().meta({ title: 'dmalab run spec' }), { io: 'input' })
