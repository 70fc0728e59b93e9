import { listRow } from '../machines/end-to-end.mjs'

export const row = listRow('arm64-direct', 'dma-direct of arm64@6.12', { kernel: 'arm64@6.12' })
