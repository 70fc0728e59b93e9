// What the engine's linear memory holds, so that compiled code and WebAssembly can be held equal bit by bit.
import { createHash } from 'node:crypto'

const HEADER = 0x10000
const FRAME = 4096

/** @returns a function that digests all that is in use now */
export const memoryOf =
  ({ linear }) =>
  () =>
    createHash('sha256')
      .update(linear.u8.subarray(HEADER, linear.wasm.heapEnd() * FRAME))
      .digest('hex')
