import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // By default one core stays free; most of the time goes into commands that tests start, one after the other.
    maxWorkers: '100%',
    projects: [
      'packages/*/vitest.config.ts',
      'apps/*/vitest.config.ts',
      'bench/vitest.config.ts',
      'tests/vitest.config.ts',
    ],
  },
})
