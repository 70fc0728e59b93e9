// The thread that reads: what hangs or eats memory in it can be ended. The modules are those of the sources.
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { createServer, createServerModuleRunner } from 'vite'

const server = await createServer({
  configFile: false,
  root: join(import.meta.dirname, '../..'),
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
  resolve: { conditions: ['dmalab-src'] },
  ssr: { noExternal: [/^(@dmalab\/|dmalab$)/], resolve: { conditions: ['dmalab-src', 'node'] } },
})
const runner = createServerModuleRunner(server.environments.ssr, { hmr: false })
const { again, campaign, readerNames } = await runner.import(join(import.meta.dirname, 'campaign.ts'))

const { ask } = workerData
if (ask === 'names') parentPort.postMessage({ names: readerNames() })
else if (ask === 'again') {
  parentPort.postMessage({ ready: true })
  parentPort.postMessage({ wrong: await again(workerData.reader, workerData.input, workerData.longest) })
} else await campaign(workerData, (news) => parentPort.postMessage(news))
await runner.close()
await server.close()
