// The tests that planted faults are tried with, in the order in which they are asked, in one worker that plants them (planting-runner.ts).
import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'
import { planOf } from './plan.ts'

const { files, tests, engine } = planOf()
const orderOf = (path: string): number => tests.findIndex((one) => path.endsWith(`/${one}`))

class InOrder {
  async shard<T>(specs: T[]): Promise<T[]> {
    return specs
  }
  async sort<T extends { readonly moduleId: string }>(specs: T[]): Promise<T[]> {
    return specs.toSorted((a, b) => orderOf(a.moduleId) - orderOf(b.moduleId))
  }
}

export default mergeConfig(
  shared,
  defineConfig({
    plugins: [
      {
        name: 'dmalab-planted-faults',
        enforce: 'pre',
        // Every fault of a file stands in it behind a switch.
        transform: (_code, id) => files[id.split('?')[0] ?? ''],
      },
    ],
    test: {
      include: [...tests],
      // Both builds of the engine are the same module then.
      ...(engine !== undefined && { testNamePattern: /^(?!.*debug build)/ }),
      runner: new URL('./planting-runner.ts', import.meta.url).pathname,
      sequence: { sequencer: InOrder as never },
      maxWorkers: 1,
      fileParallelism: false,
    },
  }),
)
