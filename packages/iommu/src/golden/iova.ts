// Adapters for the IOVA vectors: drive an allocator, or the cache in front of it, with the operations of a case.
import type { GoldenAdapter, GoldenCase } from '@dmalab/api'
import { IovaDomain, type IovaRange } from '@dmalab/hot'
import { IovaCache } from '../index.ts'
import { freshHot } from './fresh-hot.ts'
import { count, hex, word } from './hex.ts'
import { expandRuns, LONGEST, pairRuns, type Run, runsOf } from './runs.ts'

const adapter = (
  topic: string,
  run: (domain: IovaDomain, input: GoldenCase) => Record<string, unknown>,
): GoldenAdapter => {
  const fresh = freshHot()
  return {
    topic,
    run(input) {
      const { io } = fresh()
      return run(new IovaDomain(io, count(input['g'], 1), count(input['s'])), input)
    },
  }
}

export const iovaAdapters: readonly GoldenAdapter[] = [adapter('iova', runPlain), adapter('iova-rcache', runCached)]

function runPlain(domain: IovaDomain, input: GoldenCase): Record<string, unknown> {
  const results = (input['ops'] as unknown[][]).map((op) => operate(domain, op))
  return { r: results, end: { t: domain.ranges().map(pair), m32: hex(domain.max32AllocSize) } }
}

function operate(domain: IovaDomain, [kind, a, b, c]: readonly unknown[]): unknown {
  switch (kind) {
    case 'a': {
      const pfn = domain.alloc(count(a, 1), count(b), c === 1)
      return pfn === undefined ? null : hex(pfn)
    }
    case 'f':
      return domain.free(count(a)) ? 1 : 0
    case 'r':
      return pair(domain.reserve(count(a), count(b, count(a))))
    case 'q': {
      const found = domain.find(word(a))
      return found === undefined ? null : pair(found)
    }
    default:
      throw new Error(`unknown operation ${String(kind)}`)
  }
}

const pair = ({ lo, hi }: IovaRange): string[] => [hex(lo), hex(hi)]

/** A step carries its own results in its last field, so the whole step is handed back with what happened. */
function runCached(domain: IovaDomain, input: GoldenCase): Record<string, unknown> {
  const cache = new IovaCache(domain)
  const steps = (input['steps'] as unknown[][]).map((step) => cachedStep(cache, step))
  const classes = cache.classes.map(({ loaded, prev, depot }) => ({
    l: runsOf(loaded),
    p: runsOf(prev),
    d: depot.length,
  }))
  return { steps, end: { c: classes, t: pairRuns(domain.ranges()) } }
}

function cachedStep(cache: IovaCache, step: readonly unknown[]): unknown[] {
  if (step[0] === 't') return ['t', cache.pass(100)]
  const [kind, size] = [step[0], count(step[1], 1)]
  if (kind === 'f') {
    for (const pfn of expandRuns(step[2] as Run[])) cache.free(pfn, size)
    return [...step]
  }
  const [limit, flush, wanted] = [count(step[2]), step[3] === 1, count(step[4], 0, LONGEST)]
  const got: number[] = []
  while (got.length < wanted) {
    const pfn = cache.alloc(size, limit, flush)
    if (pfn === undefined) break
    got.push(pfn)
  }
  return [...step.slice(0, 5), runsOf(got)]
}
