// Adapters for the line vectors: maintain a range on a machine of that line size, hand back the line log.
import { type Direction, type GoldenAdapter, type LineSize, phys, vectorNumber } from '@dmalab/api'
import { compileHotSync, Hot, type LineRecord } from '../index.ts'
import { innerAreaOp } from './area-op.ts'

/** A machine per line size, made when first asked for. */
function machines(outer: boolean): (lineSize: LineSize) => Hot {
  let module: WebAssembly.Module | undefined
  const made = new Map<LineSize, Hot>()
  return (lineSize) => {
    module ??= compileHotSync()
    const hot = made.get(lineSize) ?? new Hot(module, { lineSize, poison: 0, outer })
    made.set(lineSize, hot)
    return hot
  }
}

const LINE_SIZES: readonly LineSize[] = [16, 32, 64]

/** @throws Error: no line is of that size */
const lineSizeOf = (value: unknown): LineSize => {
  const size = LINE_SIZES.find((one) => one === value)
  if (size === undefined) throw new Error(`expected a size of a line, got ${JSON.stringify(value)}`)
  return size
}

function v7Lines(): GoldenAdapter {
  const machine = machines(false)
  return {
    topic: 'arm-v7-lines',
    run(input) {
      const hot = machine(lineSizeOf(input['line']))
      const [at, len] = [phys(vectorNumber(input['s'])), vectorNumber(input['n'])]
      const hook = input['f'] as 'map' | 'unmap' | 'flush'
      const op = hook === 'flush' ? 'flush' : innerAreaOp(hook, input['dir'] as Direction)
      const log = hot.lineLog(() => {
        if (op === 'clean') hot.clean(at, len)
        if (op === 'invalidate') hot.invalidate(at, len, input['v'] as 'old' | 'new')
        if (op === 'flush') hot.flush(at, len)
      })
      return { log: log.map(row) }
    },
  }
}

function l2Lines(): GoldenAdapter {
  const machine = machines(true)
  return {
    topic: 'arm-l2-lines',
    run(input) {
      const hot = machine(32)
      const [at, len] = [phys(vectorNumber(input['s'])), vectorNumber(input['n'])]
      const log = hot.lineLog(() => {
        if (input['f'] === 'clean') hot.outerClean(at, len)
        if (input['f'] === 'inv') hot.outerInvalidate(at, len)
        if (input['f'] === 'flush') hot.outerFlush(at, len)
      })
      return { log: log.map(row) }
    },
  }
}

const row = ({ op, at }: LineRecord): unknown[] => (op === 'sync' ? [op] : [op, at])

export const armLineAdapters: readonly GoldenAdapter[] = [v7Lines(), l2Lines()]
