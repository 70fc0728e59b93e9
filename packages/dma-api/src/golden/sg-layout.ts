// Topic sg-layout: the size of struct scatterlist, and how many fit a page.
import type { GoldenAdapter } from '@dmalab/api'
import { entriesPerChunk, scatterlistSize } from '../index.ts'
import { num } from './values.ts'

export const sgLayout: GoldenAdapter = {
  topic: 'sg-layout',
  run(input) {
    const word = input['word'] === '64-bit' ? 8 : 4
    const size = scatterlistSize({
      word,
      dmaAddr: num(input['dma_addr']) === 8 ? 8 : 4,
      dmaLength: input['dma_length'] === 1,
      dmaFlags: input['dma_flags'] === 1,
      extra: input['rfc_dma_attrs'] === 1 ? [word] : [],
    })
    return { sizeof: size, per_page: entriesPerChunk(size) }
  },
}
