// Runs in a worker of a browser: the founding comparison, and each spec that is posted to it, handed back as the texts that `--json` prints.
import { checkRunSpec, openLaboratory, runSpec, specOf } from '@dmalab/lab'

const run = async (specs: readonly string[]): Promise<readonly string[]> => {
  const parts = await openLaboratory()
  const all = [specOf(parts.registry, {}, 'compare'), ...specs.map((text) => checkRunSpec(JSON.parse(text)))]
  const texts: string[] = []
  for (const spec of all) texts.push(JSON.stringify(await runSpec(parts, spec), null, 2))
  return texts
}

addEventListener('message', ({ data }: MessageEvent<readonly string[]>) => {
  run(data).then(
    (texts) => postMessage({ texts }),
    (error: unknown) => postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
