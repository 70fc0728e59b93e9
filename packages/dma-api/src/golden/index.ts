// Adapters that drive this room with golden vectors; the CLI hands them to `dmalab conform`.
import type { GoldenAdapter } from '@dmalab/api'
import { coherentPool } from './coherent-pool.ts'
import { sgFromPages, sgKernelSuite } from './sg-from-pages.ts'
import { sgLayout } from './sg-layout.ts'
import { sgOps } from './sg-ops.ts'
import { swiotlb } from './swiotlb.ts'

export const adapters: readonly GoldenAdapter[] = [coherentPool, sgFromPages, sgKernelSuite, sgLayout, sgOps, swiotlb]
