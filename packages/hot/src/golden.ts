// Golden adapters: the topics whose code lives in this room.
import type { GoldenAdapter } from '@dmalab/api'
import { ioPgtableAdapters } from './golden/io-pgtable.ts'

export const adapters: readonly GoldenAdapter[] = [...ioPgtableAdapters]
