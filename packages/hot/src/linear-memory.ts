// The one linear memory of a machine, and the only views of it. Growing detaches views: always go through the accessors.
import type { Exports } from './module.ts'

export class LinearMemory {
  readonly wasm: Exports
  private bytes: Uint8Array<ArrayBuffer>
  private words: Uint32Array<ArrayBuffer>

  constructor(wasm: Exports) {
    this.wasm = wasm
    const { buffer } = wasm.memory as { readonly buffer: ArrayBuffer }
    this.bytes = new Uint8Array(buffer)
    this.words = new Uint32Array(buffer)
  }

  /** All of it, by byte. */
  get u8(): Uint8Array<ArrayBuffer> {
    if (this.bytes.length === 0) this.renew()
    return this.bytes
  }

  /** All of it, by 32-bit word: index = address / 4. */
  get u32(): Uint32Array<ArrayBuffer> {
    if (this.words.length === 0) this.renew()
    return this.words
  }

  private renew(): void {
    const { buffer } = this.wasm.memory as { readonly buffer: ArrayBuffer }
    this.bytes = new Uint8Array(buffer)
    this.words = new Uint32Array(buffer)
  }
}
