// Every hunk of the RFC with a fault in it: each answers some question otherwise than the shipped patch.
import type { Patch } from '@dmalab/api'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { BEHAVIOUR, type Question } from './behaviour.ts'
import { checkAndAlloc, getSgtable, mapSg, NOPAGE, RFC, variant, withFunctions, withSg } from './variants.ts'

/** Does the patch answer as the RFC does? A fault, and a call that fails, are answers too. */
const answersAsTheRfc = ({ answer, stated }: Question, patch: Patch): boolean => {
  try {
    return isDeepStrictEqual(answer(patch), stated)
  } catch (e) {
    if (e instanceof TypeError) throw e
    return false
  }
}
const failing = (patch: Patch): string[] =>
  BEHAVIOUR.filter((question) => !answersAsTheRfc(question, patch)).map(({ asks }) => asks)

test.each(BEHAVIOUR)('the RFC: $asks', ({ answer, stated }) => {
  expect(answer(RFC)).toEqual(stated)
})

describe('the RFC written a second time is the RFC', () => {
  test.each([
    ['arm_dma_get_sgtable', withFunctions({ arm_dma_get_sgtable: getSgtable({}) })],
    ['arm_dma_map_sg', withFunctions({ arm_dma_map_sg: mapSg({}) })],
    ['dma_check_dev_coherent and vb2_dc_alloc', variant(checkAndAlloc({}))],
  ])('%s', (_symbol, patch) => {
    expect(failing(patch)).toEqual([])
  })
})

const sgtable = (faults: Parameters<typeof getSgtable>[0]): Patch =>
  withFunctions({ arm_dma_get_sgtable: getSgtable(faults) })
const skip = RFC.sg?.skip ?? {}
const [handle, attrs] = RFC.sg?.attachCopies ?? []

/** By hunk: the fault, the patch that has it, and a question that it answers otherwise. */
const MUTANTS: Readonly<Record<string, readonly (readonly [fault: string, mutant: Patch, gives: string])[]>> = {
  'hunk 1, arm_dma_get_sgtable': [
    ['the table comes first, and is given back', sgtable({ tableFirst: 'freed' }), 'refusal comes before the table'],
    ['the table comes first, and is lost', sgtable({ tableFirst: 'leaked' }), 'refusal comes before the table'],
    ['-EINVAL', sgtable({ errno: 'EINVAL' }), 'arm: memory without struct page and without the tag'],
    ['-ENOMEM', sgtable({ errno: 'ENOMEM' }), 'arm: memory without struct page and without the tag'],
    ['arm unpatched', sgtable({ spares: 'arm' }), 'arm: tagged memory without struct page'],
    ['arm-coherent unpatched', sgtable({ spares: 'arm-coherent' }), 'arm-coherent: tagged memory without struct page'],
    ['dmabounce unpatched', sgtable({ spares: 'dmabounce' }), 'dmabounce: tagged memory without struct page'],
    ['the tag before the pfn', sgtable({ tagFirst: true }), 'tagged memory with struct pages'],
    ['attributes with the tag only', sgtable({ attrsOfTagged: true }), 'untagged memory with struct pages'],
    ['the handle without the tag', sgtable({ handle: 'always' }), 'untagged memory with struct pages'],
    ['the handle of page-less memory only', sgtable({ handle: 'without page' }), 'tagged memory with struct pages'],
    ['dma_length set early', sgtable({ setsDmaLength: true }), "dma_length in the exporter's table"],
    ['the length not aligned', sgtable({ unaligned: true }), 'arm: tagged memory without struct page'],
    ['absent', variant({ functions: {}, caps: {} }), 'arm: memory without struct page and without the tag'],
  ],
  'hunk 2, arm_dma_map_sg': [
    [
      'dma_length never set',
      withSg({ skip: { ...skip, map: { bits: NOPAGE, sets: [] } } }),
      'the import with dma_length',
    ],
    [
      'attributes dropped in the unwind',
      withFunctions({ arm_dma_map_sg: mapSg({ unwindAttrs: 'dropped' }) }),
      'attributes of the unwind',
    ],
    [
      'the unwind asks for the tag',
      withFunctions({ arm_dma_map_sg: mapSg({ unwindSkips: true }) }),
      'the unwind of a tagged entry',
    ],
    [
      'the unwind takes the failed entry too',
      withFunctions({ arm_dma_map_sg: mapSg({ unwindsFailed: true }) }),
      'attributes of the unwind',
    ],
    ['another bit', withSg({ skip: { ...skip, map: { bits: 2 * NOPAGE, sets: [] } } }), 'the import without'],
    ['absent', withSg({ skip: { unmap: { bits: NOPAGE, sets: [] } } }), 'the import without'],
  ],
  'hunk 3, arm_dma_unmap_sg': [
    [
      'absent',
      withSg({ skip: { map: { bits: NOPAGE, sets: ['dmaLength'] } } }),
      'arm: a tagged entry in map and unmap',
    ],
    ['sync too', withSg({ skip: { ...skip, sync: { bits: NOPAGE, sets: [] } } }), 'sync of a tagged entry'],
  ],
  'hunk 4, dma_check_dev_coherent': [
    [
      'the length is not an int',
      variant(checkAndAlloc({ wideLength: true })),
      'a pool of 2 GiB, and one of a page less, with LPAE',
    ],
    [
      'handles of 32 bits with LPAE',
      variant(checkAndAlloc({ handleBits: 32 })),
      'a pool above 4 GiB of the bus, with LPAE',
    ],
    [
      'handles of 64 bits without',
      variant(checkAndAlloc({ handleBits: 64 })),
      'a pool that ends at 4 GiB of the bus, without LPAE and with',
    ],
    [
      'addresses wider than a pointer',
      variant(checkAndAlloc({ wideAddress: true })),
      'a pool that ends at the end of the kernel address space, with LPAE',
    ],
    ['the end belongs to it', variant(checkAndAlloc({ inclusive: true })), 'the borders of the pool'],
    ['the address is not asked', variant(checkAndAlloc({ ignoresAddress: true })), 'the borders of the pool'],
    ['the handle is not asked', variant(checkAndAlloc({ ignoresHandle: true })), 'the borders of the pool'],
  ],
  'hunk 5, vb2_dc_alloc': [
    [
      '= for |=',
      variant(checkAndAlloc({ assigns: true })),
      'attributes of a buffer from the pool, beside those of its queue',
    ],
    ['attributes of the queue lost', variant(checkAndAlloc({ forgetsOptions: true })), 'how user space maps it'],
    ['absent', variant({ allocators: {} }), 'the import without'],
  ],
  'hunk 6, vb2_dc_dmabuf_ops_attach': [
    [
      'the handle copied from every entry',
      withSg({ attachCopies: [{ member: 'dmaAddress', only: 0 }, ...(attrs === undefined ? [] : [attrs])] }),
      'the list of an importer of memory with pages, which its exporter has mapped',
    ],
    [
      'attributes copied from tagged entries only',
      withSg({ attachCopies: [...(handle === undefined ? [] : [handle]), { member: 'attrs', only: NOPAGE }] }),
      'the list of an importer of memory with pages, which its exporter has mapped',
    ],
    [
      'the handle not copied',
      withSg({ attachCopies: attrs === undefined ? [] : [attrs] }),
      'the list of an importer of tagged memory',
    ],
    [
      'attributes not copied',
      withSg({ attachCopies: handle === undefined ? [] : [handle] }),
      'the list of an importer of tagged memory',
    ],
  ],
  'hunks 7 and 9, the headers': [
    ['another bit', variant({ attrs: { DEV_COHERENT_NOPAGE: 2 * NOPAGE } }), 'the bit'],
    [
      'a member of 64 bits',
      withSg({ cFields: { dma_attrs: { type: 'u64', bytes32: 8, bytes64: 8 } } }),
      'bytes of struct scatterlist: 32-bit, with dma_length, with LPAE',
    ],
    ['no member', withSg({ cFields: {} }), 'bytes of struct scatterlist: 32-bit, with dma_length, with LPAE'],
  ],
}

describe.each(Object.entries(MUTANTS))('%s', (_hunk, mutants) => {
  it.each(mutants)('%s: is given away', (_fault, mutant, gives) => {
    const question = BEHAVIOUR.find(({ asks }) => asks === gives)
    if (question === undefined) throw new Error(`nothing asks: ${gives}`)
    expect(answersAsTheRfc(question, mutant)).toBe(false)
  })
})
