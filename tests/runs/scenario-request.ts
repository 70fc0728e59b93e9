// What `dmalab run` asks for when only the scenario is named.
import type { ScenarioRequest } from 'dmalab'

export const scenarioRequest = (scenario: string, more: Partial<ScenarioRequest> = {}): ScenarioRequest => ({
  scenario,
  board: undefined,
  kernels: [],
  frames: 1,
  size: '640x480',
  buffers: 4,
  seed: 1,
  bind: [],
  inject: [],
  plugins: {},
  config: [],
  cmdline: undefined,
  ...more,
})
