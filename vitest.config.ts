// `vitest run` takes all tests as one project, whose workers load the rooms once and not once a file: no room has state at module level.
// `vitest run PATH` picks files of it; `--project NAME` picks a room, from the projects that the rooms themselves are.
import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from './vitest.shared.ts'

const byRoom = process.argv.some((word) => word.startsWith('--project'))

export default byRoom
  ? defineConfig({
      test: {
        maxWorkers: '100%',
        projects: [
          'packages/*/vitest.config.ts',
          'apps/*/vitest.config.ts',
          'bench/vitest.config.ts',
          'tests/vitest.config.ts',
        ],
      },
    })
  : mergeConfig(
      shared,
      defineConfig({
        test: {
          // By default one core stays free.
          maxWorkers: '100%',
          include: ['{packages,apps}/*/test/**/*.test.ts', 'bench/test/**/*.test.ts', 'tests/*/**/*.test.ts'],
        },
      }),
    )
