// Which kernel of the model stands for the one of a case, and what of its configuration and command line makes a difference there.
import { type ArchName, isInputError, runsKernelsOf } from '@dmalab/api'
import { chooseKernel, type Registry, withOptions } from '@dmalab/runner'
import { parseKernelOptions } from '@dmalab/scenario'
import type { Case } from './case-facts.ts'

export interface ModelKernel {
  readonly kernel: string
  readonly config: readonly string[]
  readonly cmdline: string | null
}

/** Words of a command line kept at most: a broken one may have thousands. */
const WORDS = 256

/**
 * `usual`: the kernel where nothing names one, asked for there.
 * undefined: none for this architecture.
 */
export const kernelOf = (
  registry: Registry,
  { release, cmdline, config, arch: logged }: Case,
  board: ArchName,
  usual: () => string,
): ModelKernel => {
  const [series] = /^\d+\.\d+/.exec(release?.value ?? '') ?? []
  // A 32-bit kernel on a 64-bit board.
  const arch = logged !== undefined && runsKernelsOf(board, logged.value) ? logged.value : board
  const named = series === undefined ? undefined : `${arch}@${series}`
  const isKnown = named !== undefined && parses(() => chooseKernel(named, registry)) !== undefined
  const kernel = isKnown ? named : usual()
  // Of a release that is not modelled, the one that stands in for it.
  const spec = parses(() => chooseKernel(kernel, registry))?.kernel
  if (spec === undefined) return { kernel, config: [], cmdline: null }
  const takes = (configs: readonly string[], text: string): boolean =>
    parses(() => withOptions(spec, parseKernelOptions(configs, text))) !== undefined
  const words = (cmdline?.value ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, WORDS)
    .filter((word) => Object.hasOwn(spec.base.cmdline, word.split('=')[0] ?? '') && takes([], word))
  const options = Object.keys(spec.base.config).flatMap((name) => {
    const value = config?.values.get(name)?.value
    if (value === undefined || value === 'm') return []
    const option = value === 'y' ? name : `${name}=${value}`
    return takes([option], '') ? [option] : []
  })
  const text = words.join(' ')
  return takes(options, text)
    ? { kernel, config: options, cmdline: text === '' ? null : text }
    : { kernel, config: [], cmdline: null }
}

/** What it gives; undefined where the input is refused. */
const parses = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch (error) {
    if (!isInputError(error)) throw error
    return undefined
  }
}
