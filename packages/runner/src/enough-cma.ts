// A run that CMA was too small for: how large it has to be for all that the work takes, found by trying.
import type { KernelRun, KernelSpec } from '@dmalab/api'

/** What the memory room says of one request: the last word of its sentence. */
const SUGGESTED = /: try cma=(\d+)M/g
/** MiB; no kernel places more below 4 GiB. */
const MOST = 2048

/** The kernel with another `cma=`; null for one that has no such parameter. */
const withCma = (kernel: KernelSpec, mib: number): KernelSpec | null =>
  Object.hasOwn(kernel.base.cmdline, 'cma')
    ? { ...kernel, options: { ...kernel.options, cmdline: { ...kernel.options.cmdline, cma: `${mib}M` } } }
    : null

/**
 * The run, with a suggestion that covers the whole of its work in place of one for the request that failed. `again` runs the same work
 * on another kernel.
 */
export const withEnoughCma = async (
  run: KernelRun,
  kernel: KernelSpec,
  again: (kernel: KernelSpec) => Promise<KernelRun>,
): Promise<KernelRun> => {
  const [first] = [...(run.why ?? '').matchAll(SUGGESTED)]
  if (first === undefined) return run
  const advice = await adviceFrom(Number(first[1]), kernel, again)
  const told = (text: string): string => (text.includes(first[0]) ? text.replaceAll(SUGGESTED, '') + advice : text)
  return {
    ...run,
    why: run.why === null ? null : told(run.why),
    steps: run.steps.map((step) => ({ ...step, detail: told(step.detail) })),
  }
}

const adviceFrom = async (
  least: number,
  kernel: KernelSpec,
  again: (kernel: KernelSpec) => Promise<KernelRun>,
): Promise<string> => {
  let short = ''
  for (let mib = least; mib <= MOST; mib *= 2) {
    const larger = withCma(kernel, mib)
    if (larger === null) return ''
    const run = await again(larger)
    if (run.why === null || !run.why.includes('try cma='))
      return run.errno === null ? `: try cma=${mib}M` : endsAt(mib, run)
    if (run.why.includes('could not be made')) break
    short = `cma=${mib}M`
  }
  return short === ''
    ? '; the machine has no place for an area that is large enough'
    : `; ${short} is not enough, and the machine has no place for more`
}

const endsAt = (mib: number, { step, errno }: KernelRun): string =>
  `; with cma=${mib}M it gets as far as ${step}, and ends there with ${errno}`
