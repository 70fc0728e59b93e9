// What every package's tests share: other rooms are read as source, so a test never meets a stale dist.
import { availableParallelism, loadavg } from 'node:os'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const conditions = ['dmalab-src']

/** A minute for each test on a machine that is free; as many more as programs wait for each core. */
const WAITING = Math.max(1, Math.ceil(loadavg()[0] ?? 0) / availableParallelism())
const LIMIT_MS = Math.ceil(60_000 * WAITING * Number(process.env['DMALAB_SLOW'] ?? 1))

export const shared: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // A loaded machine is slow, not wrong: no test is there to measure time.
  test: {
    setupFiles: [new URL('./vitest.setup.ts', import.meta.url).pathname],
    include: ['test/**/*.test.ts'],
    // Commands of the CLI run in the test's process, which needs a folder and streams of its own: not on a thread.
    pool: 'forks',
    // A worker keeps what it has loaded from file to file.
    isolate: false,
    disableConsoleIntercept: true,
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
  },
})
