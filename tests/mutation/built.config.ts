// The tests that a module with a fault is tried with, in one worker. Both builds of a module are the same one then: one of them will do.
import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: JSON.parse(process.env['DMALAB_MUTATION_TESTS'] ?? '[]') as string[],
      setupFiles: [new URL('./built-setup.ts', import.meta.url).pathname],
      testNamePattern: /^(?!.*debug build)/,
      maxWorkers: 1,
      fileParallelism: false,
    },
  }),
)
