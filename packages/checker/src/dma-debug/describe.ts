// How messages name a mapping, a device address, a direction.
import { bytes, dirName, hex } from '@dmalab/api'
import type { GoneMapping } from '../quick/undone-mappings.ts'

const KIND = { streaming: 'mapping', sg: 'scatterlist', coherent: 'coherent block', linked: 'link' } as const

/** "mapping 0x42000000 (1024 B, TO_DEVICE)" */
export const named = (mapping: Omit<GoneMapping, 'at'>): string => {
  const pool = mapping.pool === undefined ? '' : `, pool ${mapping.pool}`
  const dir = mapping.kind === 'coherent' ? '' : `, ${dirName(mapping.dir)}`
  const entries = mapping.list === undefined ? '' : `, ${mapping.list.nents} entries`
  return `${KIND[mapping.kind]} ${hex(mapping.dmaAddr)} (${bytes(mapping.size)}${entries}${dir}${pool})`
}

export const range = (dmaAddr: number, size: number): string => `${hex(dmaAddr)} (${bytes(size)})`
