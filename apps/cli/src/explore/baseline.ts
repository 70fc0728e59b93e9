// Defects that are known: those of a report that an earlier exploration printed.
import { InputError } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'

/** Ids of the report's defects. @throws InputError for a file that is not there or holds no report of this kernel */
export const readBaseline = (file: string, kernel: string): ReadonlySet<string> => {
  const report = parsed(file)
  const { defects } = report
  if (!Array.isArray(defects))
    throw new InputError(
      'this is not a report of dmalab explore',
      { file },
      'dmalab explore ... --json > FILE makes one',
    )
  if (report['kernel'] !== kernel)
    throw new InputError(`it is about ${String(report['kernel'])}, not about ${kernel}`, { file })
  return new Set(defects.flatMap((one: unknown) => (isNamed(one) ? [one.id] : [])))
}

const isNamed = (one: unknown): one is { readonly id: string } =>
  typeof one === 'object' && one !== null && 'id' in one && typeof one.id === 'string'

const parsed = (file: string): Readonly<Record<string, unknown>> => {
  const text = new TextDecoder().decode(readWhole(file, MOST.data))
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {
    // What it lacks is said below.
  }
  throw new InputError('this is not JSON', { file }, 'dmalab explore ... --json > FILE makes a baseline')
}
