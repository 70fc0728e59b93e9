// Runs in a worker of a browser: the founding comparison, handed back as the text that `dmalab compare --json` prints.
import { FOUNDING_BOARD, FOUNDING_KERNELS, FOUNDING_LINE, openLaboratory } from '@dmalab/lab'
import { DEFAULT_OPTIONS, parseKernel, planPipeline, runPipeline } from '@dmalab/runner'
import { bindPipeline, parsePipeline } from '@dmalab/scenario'

const compareFounding = async (): Promise<string> => {
  const parts = await openLaboratory()
  const machine = parts.registry.boards.get(FOUNDING_BOARD)
  const scenario = bindPipeline(parsePipeline(FOUNDING_LINE), machine, {})
  const bindings = scenario.elements.flatMap(({ name, device, by }) =>
    device === null ? [] : [{ element: name, device, by }],
  )
  const kernels = FOUNDING_KERNELS.map((name) => parseKernel(name, parts.registry))
  const plan = planPipeline(scenario, () => undefined)
  const { frames, buffers, seed, ...size } = DEFAULT_OPTIONS
  const options = { frames, buffers, seed, ...size }
  return JSON.stringify(runPipeline(parts, kernels, { machine, plan, options, bindings, inject: [] }), null, 2)
}

compareFounding().then(
  (text) => postMessage({ text }),
  (error: unknown) => postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
)
