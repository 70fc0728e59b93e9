// Runs in a worker of a browser: the founding comparison, handed back as the text that `dmalab compare --json` prints.
import { openLaboratory, runSpec, specOf } from '@dmalab/lab'

const compareFounding = async (): Promise<string> => {
  const parts = await openLaboratory()
  return JSON.stringify(await runSpec(parts, specOf(parts.registry, {}, 'compare')), null, 2)
}

compareFounding().then(
  (text) => postMessage({ text }),
  (error: unknown) => postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
)
