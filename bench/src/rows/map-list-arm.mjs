import { listRow } from '../machines/end-to-end.mjs'

export const row = listRow('arm', 'arm@4.11', { kernel: 'arm@4.11' })
