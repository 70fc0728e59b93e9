// Golden adapters: the topics whose code lives in this room.
import type { GoldenAdapter } from '@dmalab/api'
import { armLineAdapters } from './golden/arm-lines.ts'

export const adapters: readonly GoldenAdapter[] = armLineAdapters
