// Suites that must fail: run by conformance-broken.test.ts only. Kit and rooms are the built ones, as those who write plug-ins have them:
// reading all sources anew takes most of the time of these suites.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['plugins/broken/*.suite.ts'], server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } } },
})
