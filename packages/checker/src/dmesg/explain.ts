// `dmalab explain --dmesg FILE`: recognises kernel messages line by line, groups them, says cause, next check and fixes.
import type { ExplainedMessage } from '@dmalab/api'
import { EXPLANATIONS } from '../explanations/index.ts'
import { BOOT } from './boot.ts'
import { DEVICES } from './devices.ts'
import { MEMORY } from './memory.ts'
import type { KernelMessage } from './message.ts'

/** dma-debug's texts in all releases, and the finding each is. */
const DMA_DEBUG: readonly (readonly [RegExp, string])[] = [
  [/tries to free an invalid DMA memory address/, 'unmap-error-cookie'],
  [/tries to free DMA memory it has not allocated/, 'unmap-not-mapped'],
  [/frees DMA memory with different size/, 'unmap-size'],
  [/frees DMA memory with wrong function/, 'unmap-function'],
  [/frees DMA memory with different CPU address/, 'free-cpu-address'],
  [/frees DMA sg list with different entry count/, 'unmap-sg-count'],
  [/frees DMA memory with different direction/, 'unmap-direction'],
  [/failed to check map error/, 'unchecked-mapping-error'],
  [/frees DMA memory with different attributes/, 'unmap-attributes'],
  [/tries to sync DMA memory it has not allocated/, 'sync-not-mapped'],
  [/syncs DMA memory outside allocated range/, 'sync-outside-range'],
  [/syncs DMA memory with different direction/, 'sync-direction'],
  [/syncs device read-only DMA memory for cpu/, 'sync-cpu-read-only'],
  [/syncs device write-only DMA memory to device/, 'sync-device-write-only'],
  [/syncs DMA sg list with different entry count/, 'sync-sg-count'],
  [/maps memory from stack/, 'map-stack'],
  [/maps memory from kernel text or rodata/, 'map-kernel-text'],
  [/maps memory from invalid area/, 'map-invalid-area'],
  [/maps memory from vmalloc area/, 'map-vmalloc'],
  [/mapping sg segment longer than device claims/, 'sg-segment-too-long'],
  [/mapping sg segment across boundary/, 'sg-segment-boundary'],
  [/dma_map_resource called for RAM/, 'map-resource-ram'],
  [/cacheline tracking EEXIST/, 'cacheline-overlap'],
  [/exceeded \d+ overlapping mappings of cacheline/, 'cacheline-overlap-overflow'],
  [/has pending DMA allocations while released/, 'unbind-pending'],
]
const MESSAGES: readonly KernelMessage[] = [...MEMORY, ...DEVICES, ...BOOT]
const KEPT_LINES = 8
/** Causes told apart per kind of message; a flood of them differs in numbers only. */
const CAUSES = 16
/** Begins the splat of a fault; a warning prints registers too. */
const FAULT = /Unable to handle kernel|Internal error: |kernel BUG at|Oops|self-detected stall on CPU/i
const SPLAT_LINES = 40

export interface DmesgExplainer {
  line(text: string): void
  /** Problems by first line, then notes. */
  finish(): readonly ExplainedMessage[]
}

export const createDmesgExplainer = (): DmesgExplainer => {
  const found = new Map<string, ExplainedMessage & { readonly lines: number[]; count: number }>()
  let number = 0
  let lastFault = -Infinity
  const causes = new Map<KernelMessage, Set<string>>()
  const keyOf = (one: KernelMessage, cause: string): string => {
    let known = causes.get(one)
    if (known === undefined) causes.set(one, (known = new Set()))
    if (known.size < CAUSES) known.add(cause)
    return known.has(cause) ? `${one.id} ${one.title} ${cause}` : `${one.id} ${one.title}`
  }
  const note = (key: string, make: () => Omit<ExplainedMessage, 'lines' | 'count'>): void => {
    let entry = found.get(key)
    if (entry === undefined) found.set(key, (entry = { ...make(), lines: [], count: 0 }))
    entry.count += 1
    if (entry.lines.length < KEPT_LINES) entry.lines.push(number)
  }
  return {
    line(text): void {
      number += 1
      if (text.includes('DMA-API: ')) {
        const code = DMA_DEBUG.find(([pattern]) => pattern.test(text))?.[1]
        if (code !== undefined) return note(code, () => dmaDebug(code, text))
      }
      if (FAULT.test(text)) lastFault = number
      for (const one of MESSAGES) {
        if (one.inFault === true && number - lastFault > SPLAT_LINES) continue
        const match = one.pattern.exec(text)
        if (match === null) continue
        const cause = one.cause(match)
        note(keyOf(one, cause), () => ({
          id: one.id,
          kind: one.kind,
          title: one.title,
          cause,
          next: one.next,
          fixes: one.fixes,
          text: text.trim(),
        }))
        return
      }
    },
    finish: () =>
      [...found.values()].toSorted(
        (a, b) => Number(a.kind === 'note') - Number(b.kind === 'note') || (a.lines[0] ?? 0) - (b.lines[0] ?? 0),
      ),
  }
}

const dmaDebug = (code: string, text: string): Omit<ExplainedMessage, 'lines' | 'count'> => {
  const explanation = EXPLANATIONS[code]
  return {
    id: 'DMA-API',
    kind: 'problem',
    title: `dma-debug: ${code}`,
    cause: explanation?.what ?? '',
    next: `dmalab explain ${code}`,
    fixes: explanation?.fixes ?? [],
    code,
    text: text.trim(),
  }
}
