// A scenario that shows how many entries of a list a page holds.
import { type ConfigurationValues, type DefectScenario, type KernelSpec, RUN_DEFAULTS } from '@dmalab/api'
import { kernelFacts, type RunParts, withOptions } from '@dmalab/runner'
import { boardOf } from '../defects.ts'
import { plainMachine } from '../machine.ts'

/** A list that took one page before the patch. */
export const scenarioOfList = (
  parts: RunParts,
  kernel: KernelSpec,
  { config = '' }: ConfigurationValues,
  entries: number,
): DefectScenario => {
  const options = config.split(' ').filter((text) => text !== '')
  const given = Object.fromEntries(options.map((text) => [text.slice(0, -2), text.endsWith('=y')]))
  const { arch, sgEntrySize } = kernelFacts(withOptions(kernel, { config: given, cmdline: {} }), parts.registry)
  const machine = plainMachine(arch)
  return {
    name: ['list-grows', ...options.map((text) => text.slice(0, -2))].join('-').toLowerCase().replaceAll('_', '-'),
    board: boardOf(machine),
    config: options.map((text) => text.replace(/=y$/, '')),
    cmdline: '',
    inject: [],
    adversary: null,
    seed: RUN_DEFAULTS.seed,
    steps: [
      { do: 'scatterlist', entries },
      { do: 'expect', says: `${sgEntrySize} bytes an entry`, verdict: 'works' },
    ],
  }
}
