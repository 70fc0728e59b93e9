// Adapters that drive this package with golden vectors; the CLI hands them to `dmalab conform`.
import type { GoldenAdapter } from '@dmalab/api'
import { dmaDirect } from './dma-direct.ts'

export const adapters: readonly GoldenAdapter[] = [dmaDirect]
