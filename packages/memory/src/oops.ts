// The modelled machine stopped: the only exception a kernel model throws. Thrown here, caught in the runner, nowhere else.
import type { KernelFacts, Oops, OopsTexts } from '@dmalab/api'

/** A kernel fault with its console text. Recognised by `name`, so that two copies of this module do not matter. */
export class SimulatedOops extends Error {
  override readonly name = 'SimulatedOops'
  readonly oops: Oops

  constructor(oops: Oops) {
    super(oops.text[0] ?? oops.reason)
    this.oops = oops
  }
}

export const isSimulatedOops = (e: unknown): e is SimulatedOops => e instanceof Error && e.name === 'SimulatedOops'

export interface Fault {
  readonly reason: Oops['reason']
  readonly address: bigint
  /** Read or write, where the text says it. */
  readonly write?: boolean
  /** For a BUG or a stall: what went wrong, in words. */
  readonly what?: string
}

/** Builds the oops of `fault` in the function innermost on `frames` (outermost first). */
export const makeOops = (fault: Fault, frames: readonly string[], { arch }: KernelFacts): Oops => {
  const address = fault.address.toString(16).padStart(arch.pointerBits / 4, '0')
  const callPath = frames.toReversed()
  const path = callPath.length === 0 ? ['unknown'] : callPath
  const text = [...headline(fault, address, arch.oops), ...arch.oops.backtrace(path)]
  return { address: `0x${address}`, function: path[0] ?? 'unknown', callPath, reason: fault.reason, text }
}

const headline = ({ reason, write = false, what }: Fault, address: string, oops: OopsTexts): readonly string[] => {
  switch (reason) {
    case 'paging request':
    case 'NULL pointer':
      return oops.pageFault({ nullPointer: reason === 'NULL pointer', address, write })
    case 'external abort':
      return oops.externalAbort(address)
    case 'BUG':
      return [`kernel BUG: ${what ?? 'assertion failed'}`]
    case 'stall':
      return [`rcu: INFO: rcu_sched self-detected stall on CPU (${what ?? 'a loop does not end'})`]
  }
}
