// How far a patch spreads: to other architectures, whose lists grow and whose op tables have no hunk, and to calls that its attribute was
// not meant for.
import type { ExploredCode, KernelSpec } from '@dmalab/api'
import { kernelFacts, openLab, opTablesOf, type RunParts } from '@dmalab/runner'
import { pooledMachine } from './probes.ts'

export interface Spread {
  readonly code: ExploredCode
  readonly id: string
  readonly message: string
  readonly symbols: readonly string[]
  /** Of the hunk that does it. */
  readonly hunk: string
}

const PAGE = 4096
/** page_link, offset and length, dma_address; then dma_length with its padding (NEED_SG_DMA_LENGTH). */
const ENTRY_64 = { plain: 24, 'with NEED_SG_DMA_LENGTH': 32 }

/** All architectures have include/linux/scatterlist.h. Models: Linux v4.11 include/linux/scatterlist.h: struct scatterlist */
export const growthElsewhere = ({ base, patches }: KernelSpec, parts: RunParts): readonly Spread[] => {
  const added = Object.values(patches.at(-1)?.sg?.cFields ?? {}).reduce((sum, { bytes64 }) => sum + bytes64, 0)
  if (added === 0 || parts.registry.arches.get(base.arch).pointerBits === 64) return []
  const grown = Object.entries(ENTRY_64).map(([what, before]) => {
    // The member may fill the padding behind dma_length, when it is that small.
    const after = before === 32 && added <= 4 ? before : Math.ceil((before + added) / 8) * 8
    const pool = before * 128 <= PAGE && after * 128 > PAGE ? ', and 128 of them need two pages' : ''
    return `${what}: from ${before} to ${after} bytes, ${Math.floor(PAGE / after)} entries a page instead of ${Math.floor(PAGE / before)}${pool}`
  })
  return [
    {
      code: 'list-grows',
      id: 'list-grows-64-bit',
      message: `struct scatterlist grows on 64-bit architectures too, which have nothing from it (${grown.join('; ')})`,
      symbols: ['sg_alloc_table'],
      hunk: 'struct scatterlist',
    },
  ]
}

/** Op tables of other architectures and of later releases: lists have the member there, and nothing fills it or asks for it. */
export const tablesElsewhere = ({ base, patches }: KernelSpec, parts: RunParts): readonly Spread[] => {
  const fields = Object.keys(patches.at(-1)?.sg?.cFields ?? {})
  if (fields.length === 0) return []
  const own = opTablesOf(base, parts.registry).map(({ name }) => name)
  const functions = new Set(patches.at(-1)?.hunks.flatMap(({ symbol }) => symbol.split(', ')))
  const others = parts.registry.ops
    .values()
    .filter(({ name, symbols }) => !own.includes(name) && ![...(symbols.mapSg ?? [])].some((one) => functions.has(one)))
    .map(({ name }) => name)
  if (others.length === 0) return []
  return [
    {
      code: 'table-not-taught',
      id: 'table-not-taught-elsewhere',
      message: `on other architectures and releases ${fields.join(', ')} is in every list, and no op table knows it: ${others.join(', ')}`,
      symbols: [],
      hunk: 'struct scatterlist',
    },
  ]
}

const FROM_DEVICE = 2

/** A buffer of a pool, as vb2-dma-contig allocates it: which attributes does it go on with that its queue did not give? */
export const attributesPassedOn = (kernel: KernelSpec, parts: RunParts): readonly Spread[] => {
  const bits = Object.entries(kernel.patches.at(-1)?.attrs ?? {})
  if (bits.length === 0) return []
  const lab = openLab(parts, { kernel, machine: pooledMachine(kernelFacts(kernel, parts.registry)) })
  const made = lab.allocator('vb2-dma-contig').alloc(lab.device('exporter'), PAGE, FROM_DEVICE, 'frame')
  const kept = made.ok ? bits.filter(([, bit]) => Math.floor(made.value.attrs / bit) % 2 === 1) : []
  return kept.map(([name]) => ({
    code: 'attribute-passed-on',
    id: `attribute-passed-on-${name.toLowerCase().replaceAll('_', '-')}`,
    message: `DMA_ATTR_${name} stays in the attributes of the buffer, and goes on to dma_mmap_attrs() and dma_free_attrs(), which do not know it`,
    symbols: ['vb2_dc_mmap', 'vb2_dc_put'],
    hunk: 'vb2_dc_alloc',
  }))
}
