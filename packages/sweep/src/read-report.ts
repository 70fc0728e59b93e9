// A SweepReport out of a file that an earlier sweep wrote, and a result out of a journal or a queue.
import {
  InputError,
  madeOnce,
  POINT_FAILURES,
  type PointResult,
  SWEEP_AXES,
  type SweepReport,
  VERDICTS,
} from '@dmalab/api'
import { z } from 'zod'

const result = madeOnce(() => {
  const whole = z.int().min(0)
  const failures = Object.keys(POINT_FAILURES) as (keyof typeof POINT_FAILURES)[]
  const verdict = z.enum(VERDICTS)

  return z.union([
    z.strictObject({
      kind: z.literal('ran'),
      verdict,
      assuming: verdict.exclude(['unknown']).nullable(),
      step: z.string().nullable(),
      errno: z.string().nullable(),
      why: z.string().nullable(),
      frames: z.strictObject({ wanted: whole, delivered: whole, intact: whole }),
      zeroCopy: z.boolean(),
      cpuBytesPerFrame: z.number(),
      cacheLines: z.number(),
      findings: z.array(
        z.strictObject({ code: z.string(), severity: z.enum(['info', 'warning', 'error']), count: whole }),
      ),
      met: z.boolean().nullable(),
    }),
    z.strictObject({ kind: z.enum(failures), why: z.string() }),
  ]) satisfies z.ZodType<PointResult>
})

const report = madeOnce(() => {
  const axis = z.enum(SWEEP_AXES)
  const place = z.strictObject(
    Object.fromEntries(SWEEP_AXES.map((name) => [name, z.string().optional()])) as Record<
      (typeof SWEEP_AXES)[number],
      z.ZodOptional<z.ZodString>
    >,
  )

  const whole = z.int().min(0)
  return z.strictObject({
    schema: z.literal(1),
    name: z.string(),
    axes: z.array(z.strictObject({ name: axis, values: z.array(z.string()) })),
    points: z.array(z.strictObject({ id: z.string(), at: place, result: result() })),
    leftOut: z.array(z.strictObject({ why: z.string(), count: whole })),
    shard: z.string().nullable(),
  })
})

/** undefined for what is not a result. */
export const resultFrom = (value: unknown): PointResult | undefined => result().safeParse(value).data

/** @throws InputError for text that is not the `--json` of a sweep */
export const readSweepReport = (text: string, file: string): SweepReport => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InputError('is not JSON', { file }, EXPECTED)
  }
  const read = report().safeParse(value)
  if (read.success) return read.data as SweepReport
  const [issue] = read.error.issues
  throw new InputError(
    `is no report of a sweep: ${issue?.message ?? ''}`,
    { file, path: issue?.path.join('.') },
    EXPECTED,
  )
}

const EXPECTED = 'dmalab sweep ... --json > old.json writes one'
