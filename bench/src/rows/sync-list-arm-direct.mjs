import { syncRow } from '../machines/end-to-end.mjs'

export const row = syncRow('arm-direct', 'dma-direct of arm@6.12', { kernel: 'arm@6.12' })
