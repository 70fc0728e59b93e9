// Patches on op tables, by the kernel functions on their call paths.
import { DIR, type DmaOps, fail, type Host, type Patch } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { device, openTestLab, plainOps } from './lab.ts'
import { tableCalls } from '../src/patched-table.ts'

const patch = (name: string, more: Partial<Patch>): Patch => ({ name, title: name, source: 'test', hunks: [], ...more })

const refuse =
  (why: string) =>
  (_next: DmaOps['mapSg'], host: Host): DmaOps['mapSg'] =>
  () =>
    fail('EIO', `${why} for ${host.device.name}`)

const mapOf = (...patches: readonly Patch[]) => {
  const lab = openTestLab({ patches, devices: [device('codec')] })
  const codec = lab.device('codec')
  const table = lab.sgAlloc(1)
  if (!table.ok) throw new Error(table.why)
  table.value.setPage(0, { kind: 'page', pfn: 0x40000 as never }, 4096, 0)
  return lab.mapping.mapSgAttrs(codec, table.value, DIR.TO_DEVICE, 0)
}

describe('a patch of a function', () => {
  it.each(['outer_map_sg', 'plain_map_sg'])('gets the operation that has %s on its call path', (symbol) => {
    expect(mapOf(patch('a', { functions: { [symbol]: refuse('no') } }))).toEqual(fail('EIO', 'no for codec'))
  })

  it('changes no other operation', () => {
    expect(mapOf(patch('a', { functions: { plain_unmap_sg: () => () => undefined } }))).toMatchObject({ ok: true })
  })

  it('wraps what the patches before it made of the function', () => {
    const louder =
      (next: DmaOps['mapSg']): DmaOps['mapSg'] =>
      (...args) => {
        const mapped = next(...args)
        return mapped.ok ? mapped : fail(mapped.errno, `${mapped.why}!`)
      }
    const first = patch('a', { functions: { plain_map_sg: refuse('no') } })
    expect(mapOf(first, patch('b', { functions: { outer_map_sg: louder } }))).toEqual(fail('EIO', 'no for codec!'))
    expect(mapOf(patch('b', { functions: { outer_map_sg: louder } }), first)).toEqual(fail('EIO', 'no for codec'))
  })

  it('gets alloc for callers that may not sleep, too, where the table has one function for both', () => {
    const called: number[] = []
    const count =
      (next: DmaOps['alloc']): DmaOps['alloc'] =>
      (size, ...rest) => {
        called.push(size)
        return next(size, ...rest)
      }
    const ops = { ...plainOps, symbols: { alloc: ['plain_alloc'] } }
    const lab = openTestLab({ patches: [patch('a', { functions: { plain_alloc: count } })], ops })
    lab.mapping.allocAttrs(lab.device('codec'), 4096, 0, 'frame')
    lab.mapping.allocAtomic(lab.device('codec'), 8192, 0, 'frame')
    expect(called).toEqual([4096, 8192])
  })
})

it('a table calls what is on its call paths', () => {
  expect(['outer_map_sg', 'plain_map_sg', 'map_sg'].map((symbol) => tableCalls(plainOps, symbol))).toEqual([
    true,
    true,
    false,
  ])
})

describe('entries that patches exempt', () => {
  const skip = (bits: number, sets: readonly 'dmaLength'[]) => ({ sg: { skip: { map: { bits, sets } } } }) as const

  it('are those of all patches, with what the loop has set before', () => {
    const lab = openTestLab({ patches: [patch('a', skip(1024, ['dmaLength'])), patch('b', skip(2048, []))] })
    expect(lab.skip).toEqual({
      map: { bits: 3072, dmaLength: 1024 },
      unmap: { bits: 0, dmaLength: 0 },
      sync: { bits: 0, dmaLength: 0 },
    })
  })

  it.each([
    [true, ['dmaLength'], 4096],
    [true, [], 0],
    [false, ['dmaLength'], 0],
  ] as const)('with a dma_length of its own (%s) and sets %j the length is %d', (sgDmaLength, sets, length) => {
    const lab = openTestLab({ facts: { sgDmaLength }, patches: [patch('a', skip(1024, sets))] })
    const table = lab.sgAlloc(1)
    if (!table.ok) throw new Error(table.why)
    table.value.setPage(0, { kind: 'vaddr', at: 0xf000_0000n as never }, 4096, 0)
    table.value.setAttrs(0, 1024)
    table.value.setDma(0, 0x5100_0000 as never, 0)
    lab.mapping.mapSgAttrs(lab.device('codec'), table.value, DIR.TO_DEVICE, 0)
    expect(table.value.entry(0)).toMatchObject({ dmaAddress: 0x5100_0000, dmaLength: length })
  })
})
