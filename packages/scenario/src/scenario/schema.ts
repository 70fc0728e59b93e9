// Scenario files as YAML: what each may say. The JSON schema is made from the same definitions.
import { ERRNO, FINDINGS, SEVERITIES } from '@dmalab/api'
import { parseQuantity } from '@dmalab/machine'
import { z } from 'zod'

const name = z.string().regex(/^[A-Za-z][\w.-]*$/, 'expected a name: a letter, then letters, digits, "_", "-" or "."')

/** Bytes, written as a number, `0x1000` or `64KiB`. */
const bytes = z
  .union([z.int().nonnegative(), z.string()])
  .transform((written, context) => {
    const value = parseQuantity(String(written))
    if (value !== undefined && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
    context.addIssue({
      code: 'custom',
      message: `expected a length such as 4096, 0x1000 or 64KiB, not ${JSON.stringify(written)}`,
    })
    return z.NEVER
  })
  .meta({ description: 'bytes: a number, or text such as 64KiB' })
const positiveBytes = bytes.refine((length) => length > 0, 'expected a length of at least one byte')

const index = z.int().min(0).max(1023)
const dir = z.enum(['TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL'])
const attrs = z.array(z.string()).meta({ description: 'DMA attributes by name, such as SKIP_CPU_SYNC' })
const queue = z.enum(['capture', 'output'])
const part = { offset: bytes.optional(), len: positiveBytes.optional() }
const errno = z.enum(Object.keys(ERRNO))
const finding = z.enum(Object.keys(FINDINGS))

const step = <Name extends string, Fields extends z.core.$ZodLooseShape>(does: Name, fields: Fields) =>
  z.strictObject({ do: z.literal(does), ...fields })

const onBuffer = { buffer: name }
const onDevice = { buffer: name, device: name }
const onQueue = { device: name, queue }

const stepSchema = z.discriminatedUnion('do', [
  step('alloc', {
    ...onBuffer,
    size: positiveBytes,
    from: z.enum(['coherent', 'pages', 'system-heap', 'cma-heap', 'udmabuf', 'dumb', 'user']),
    device: name.optional(),
    attrs: attrs.optional(),
    above: bytes.optional().meta({ description: 'pages only: nothing below this address, highmem too' }),
    gfp: z
      .enum(['kernel', 'atomic'])
      .optional()
      .meta({ description: 'coherent memory for a caller that may not sleep' }),
  }),
  step('free', onBuffer),
  step('export', onBuffer),
  step('close', onBuffer),
  step('attach', onDevice),
  step('detach', onDevice),
  step('map', { ...onDevice, dir, attrs: attrs.optional() }),
  step('unmap', onDevice),
  step('reuse-table', { ...onDevice, with: name }),
  step('touch-pages', onDevice),
  step('declare-pool', { device: name, base: bytes, size: positiveBytes }),
  step('vmap', onBuffer),
  step('linear-write', onBuffer),
  step('kmap', { ...onBuffer, page: z.int().nonnegative().optional() }),
  step('sg-table', {
    ...onBuffer,
    of: z
      .array(z.union([name, z.strictObject({ ...onBuffer, ...part })]))
      .min(1)
      .max(4096)
      .meta({ description: 'what each entry covers: a buffer by name, or bytes of one' }),
    device: name.optional(),
  }),
  step('scatterlist', { entries: z.int().min(0).max(1_000_000) }),
  step('sync', { ...onDevice, for: z.enum(['cpu', 'device']), dir, ...part }),
  step('begin-cpu-access', { ...onBuffer, dir }),
  step('end-cpu-access', { ...onBuffer, dir }),
  step('device-read', { ...onDevice, ...part }),
  step('device-write', { ...onDevice, ...part }),
  step('cpu-read', { ...onBuffer, ...part }),
  step('cpu-write', { ...onBuffer, ...part }),
  step('reqbufs', { ...onQueue, memory: z.enum(['MMAP', 'USERPTR', 'DMABUF']), count: index }),
  step('read', { ...onDevice, len: positiveBytes.optional() }),
  step('write', { ...onDevice, len: positiveBytes.optional() }),
  step('querybuf', { ...onQueue, index }),
  step('qbuf', { ...onQueue, index, buffers: z.array(name).min(1).max(8).optional() }),
  step('dqbuf', onQueue),
  step('expbuf', { ...onQueue, ...onBuffer, index, plane: z.int().min(0).max(7).optional() }),
  step('streamon', onQueue),
  step('streamoff', onQueue),
  step('wait', { ms: z.number().positive().max(3_600_000) }),
  step('expect', {
    errno: errno.optional(),
    finding: finding.optional(),
    severity: z.enum(SEVERITIES).optional(),
    verdict: z.enum(['works', 'refused', 'fault', 'stalled', 'corrupt']).optional(),
    says: z.string().optional().meta({ description: 'words that the step before must have said' }),
  }).refine(
    ({ errno: a, finding: b, verdict: c, says: d }) => a ?? b ?? c ?? d,
    'expected an errno, a finding, a verdict or words to expect',
  ),
])

export const inject = z
  .array(
    z.string().regex(/^[a-zA-Z]+(@[^:]+)?:[1-9]\d*$/, 'expected operation[@device]:nth, such as mapPage@converter:2'),
  )
  .meta({ description: 'calls that fail: operation[@device]:nth' })

const head = {
  name,
  title: z.string().optional(),
  board: z.string().optional().meta({ description: 'board it is meant for' }),
  kernel: z.string().optional().meta({ description: 'kernel it is meant for, such as arm@4.11+nopage-rfc' }),
  cmdline: z.string().optional().meta({ description: 'kernel parameters it is meant for, such as iommu.strict=0' }),
  config: z
    .array(z.string())
    .optional()
    .meta({ description: 'kernel configuration it is meant for: NAME or NAME=value' }),
  inject: inject.optional(),
}

export const stepsFileSchema = z.strictObject({ ...head, steps: z.array(stepSchema).min(1) })

export const pipelineFileSchema = z.strictObject({
  ...head,
  pipeline: z.string().meta({ description: 'what is typed at a shell: a gst-launch-1.0 line' }),
  bind: z
    .record(z.string(), name)
    .optional()
    .meta({ description: 'element (factory or name) to device, as --bind does' }),
  expect: z
    .strictObject({
      verdict: z.enum(['works', 'refused', 'fault', 'stalled', 'corrupt']).optional(),
      errno: errno.optional(),
      finding: finding.optional(),
    })
    .optional()
    .meta({ description: 'what must come of the whole run' }),
})

/** JSON schema (draft 2020-12) of a scenario file as it is written. */
export const scenarioJsonSchema = (): object =>
  z.toJSONSchema(z.union([pipelineFileSchema, stepsFileSchema]).meta({ title: 'dmalab scenario' }), { io: 'input' })
