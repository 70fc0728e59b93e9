// Which functions that dmalab models a diff touches, and by which member of a patch each is changed.
import { MODELLED } from '../generated/modelled.ts'
import type { DiffHunk, KernelDiffText } from './read-diff.ts'

/** What a laboratory has, by C name. */
export interface ModelledFunctions {
  /** Functions on call paths of op tables: a patch changes them by name. */
  readonly operations: ReadonlyMap<string, { readonly operation: string; readonly tables: readonly string[] }>
  /** Names of allocators, which are those of their kernel files: `vb2-dma-contig`. */
  readonly allocators: readonly string[]
}

export type TouchedFunction =
  | { readonly by: 'functions'; readonly operation: string; readonly tables: readonly string[] }
  | { readonly by: 'allocators'; readonly allocator: string; readonly exporter: boolean }
  | { readonly by: 'sg'; readonly what: string }
  | { readonly by: 'attrs'; readonly what: string }
  | { readonly by: 'model'; readonly file: string }
  | { readonly by: 'nothing' }

export interface HunkReport extends DiffHunk {
  readonly number: number
  readonly touches: TouchedFunction
}

export const reportOf = ({ hunks }: KernelDiffText, modelled: ModelledFunctions): readonly HunkReport[] =>
  hunks.map((hunk, i) => ({ number: i + 1, ...hunk, touches: touchedBy(hunk, modelled) }))

const touchedBy = ({ file, symbol }: DiffHunk, { operations, allocators }: ModelledFunctions): TouchedFunction => {
  const known = operations.get(symbol)
  if (known !== undefined) return { by: 'functions', ...known }
  const allocator = allocators.find((name) => file.endsWith(`/videobuf2-${name.replace('vb2-', '')}.c`))
  if (allocator !== undefined) return { by: 'allocators', allocator, exporter: symbol.includes('dmabuf_ops') }
  if (symbol === 'struct scatterlist') return { by: 'sg', what: 'cFields' }
  if (/^DMA_ATTR_\w+$/.test(symbol)) return { by: 'attrs', what: symbol.replace('DMA_ATTR_', '') }
  const where = Object.hasOwn(MODELLED, symbol) ? MODELLED[symbol] : undefined
  return where === undefined ? { by: 'nothing' } : { by: 'model', file: where }
}
