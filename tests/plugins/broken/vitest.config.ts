// Suites that must fail: run by conformance-broken.test.ts only.
import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../../vitest.shared.ts'

export default mergeConfig({ ...shared, test: {} }, defineConfig({ test: { include: ['plugins/broken/*.suite.ts'] } }))
