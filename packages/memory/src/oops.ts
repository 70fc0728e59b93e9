// The modelled machine stopped: the only exception a kernel model throws. Thrown here, caught in the runner, nowhere else.
import type { KernelFacts, Oops } from '@dmalab/api'

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
export const makeOops = (fault: Fault, frames: readonly string[], facts: KernelFacts): Oops => {
  const width = facts.dmaAddrSize === 4 || facts.arch === 'arm' ? 8 : 16
  const address = fault.address.toString(16).padStart(width, '0')
  const callPath = frames.toReversed()
  const innermost = callPath[0] ?? 'unknown'
  const text = [
    headline(fault, address, facts),
    ...register(fault, address, facts),
    ...backtrace(innermost, callPath, facts),
  ]
  return { address: `0x${address}`, function: innermost, callPath, reason: fault.reason, text }
}

const headline = (fault: Fault, address: string, facts: KernelFacts): string => {
  switch (fault.reason) {
    case 'paging request':
      return `Unable to handle kernel paging request at virtual address ${address}${rw(fault, facts)}`
    case 'NULL pointer':
      return `Unable to handle kernel NULL pointer dereference at virtual address ${address}${rw(fault, facts)}`
    case 'external abort':
      return `Unhandled fault: external abort on non-linefetch at 0x${address}`
    case 'BUG':
      return `kernel BUG: ${fault.what ?? 'assertion failed'}`
    case 'stall':
      return `rcu: INFO: rcu_sched self-detected stall on CPU (${fault.what ?? 'a loop does not end'})`
  }
}

/** "when read" / "when write" came with the later fault texts. */
const rw = (fault: Fault, facts: KernelFacts): string =>
  facts.arch === 'arm' && facts.oopsSaysAccess ? ` when ${fault.write === true ? 'write' : 'read'}` : ''

const register = (fault: Fault, address: string, facts: KernelFacts): string[] => {
  if (fault.reason === 'BUG' || fault.reason === 'stall') return []
  if (facts.arch === 'arm') return [`[${address}] *pgd=00000000`, 'Internal error: Oops: 5 [#1] SMP ARM']
  return ['Internal error: Oops: 0000000096000006 [#1] SMP']
}

const backtrace = (innermost: string, callPath: readonly string[], facts: KernelFacts): string[] => {
  if (facts.arch !== 'arm') return [`pc : ${innermost}`, 'Call trace:', ...callPath.map((symbol) => ` ${symbol}`)]
  const pairs = callPath.slice(0, -1).map((symbol, i) => `(${symbol}) from (${callPath[i + 1]})`)
  return [
    `PC is at ${innermost}`,
    ...(callPath[1] === undefined ? [] : [`LR is at ${callPath[1]}`]),
    'Backtrace:',
    ...pairs,
  ]
}
