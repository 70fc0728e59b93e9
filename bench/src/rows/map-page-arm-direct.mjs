import { pageRow } from '../machines/end-to-end.mjs'

export const row = pageRow('arm-direct', 'dma-direct of arm@6.12', { kernel: 'arm@6.12' })
