// The engine's number of an operation on inner lines. Compared by name: a look-up by a name that varies is several times as dear.
import * as L from '../assembly/shared/layout.ts'

export const innerOp = (op: 'clean' | 'invalidate' | 'flush'): number =>
  op === 'clean' ? L.OP_CLEAN : op === 'invalidate' ? L.OP_INVALIDATE : L.OP_FLUSH

/** As innerOp, for what may be nothing: how other calls of the engine take the maintenance that they do in passing. */
export const innerWork = (op: 'clean' | 'invalidate' | 'flush' | 'none'): number =>
  op === 'none' ? L.OP_NONE : innerOp(op)
