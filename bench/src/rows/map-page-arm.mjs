import { pageRow } from '../machines/end-to-end.mjs'

export const row = pageRow('arm', 'arm@4.11', { kernel: 'arm@4.11' })
