// Where the numbers and words of steps end: the last one that is taken, and the first one that is not.
import { isInputError } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { checkScenario } from '../src/index.ts'

const ALLOC = { do: 'alloc', buffer: 'a', from: 'pages', size: 4096 }
/** The words of the refusal, '' where it is taken. */
const refusal = (steps: readonly object[], head: object = {}): string => {
  try {
    checkScenario({ name: 'x', ...head, steps }, 's.yaml')
    return ''
  } catch (e) {
    if (isInputError(e)) return e.message
    throw e
  }
}
const after = (step: object): string => refusal([ALLOC, step])
const DEV = { buffer: 'a', device: 'd' }
const QUEUE = { device: 'd', queue: 'capture' }

test.each<[object, object]>([
  [
    { ...ALLOC, buffer: 'b', size: 1 },
    { ...ALLOC, buffer: 'b', size: 0 },
  ],
  [
    { ...ALLOC, buffer: 'b', size: '8 KiB' },
    { ...ALLOC, buffer: 'b', size: '8kb' },
  ],
  [
    { ...ALLOC, buffer: 'b', size: Number.MAX_SAFE_INTEGER },
    { ...ALLOC, buffer: 'b', size: '0x20000000000000' },
  ],
  [
    { ...ALLOC, buffer: 'b', size: 64 },
    { ...ALLOC, buffer: 'b', size: -64 },
  ],
  [
    { ...ALLOC, buffer: 'b.c_d-9' },
    { ...ALLOC, buffer: '9b' },
  ],
  [
    { ...ALLOC, buffer: 'b', above: '1GiB' },
    { ...ALLOC, buffer: 'b', from: 'system-heap', above: '1GiB' },
  ],
  [
    { ...ALLOC, buffer: 'b', from: 'coherent', device: 'd', gfp: 'atomic' },
    { ...ALLOC, buffer: 'b', gfp: 'atomic' },
  ],
  [
    { ...ALLOC, buffer: 'b', from: 'coherent', device: 'd' },
    { ...ALLOC, buffer: 'b', from: 'coherent' },
  ],
  [
    { do: 'map', ...DEV, dir: 'TO_DEVICE', as: 'page', nents: 4096 },
    { do: 'map', ...DEV, dir: 'TO_DEVICE', nents: 4097 },
  ],
  [
    { do: 'map', ...DEV, dir: 'BIDIRECTIONAL', nents: 1 },
    { do: 'map', ...DEV, dir: 'BIDIRECTIONAL', nents: 0 },
  ],
  [
    { do: 'map', ...DEV, dir: 'FROM_DEVICE', attrs: ['SKIP_CPU_SYNC'] },
    { do: 'map', ...DEV },
  ],
  [
    { do: 'map', ...DEV, dir: 'TO_DEVICE', offset: 0, len: 1 },
    { do: 'map', ...DEV, dir: 'TO_DEVICE', len: 0 },
  ],
  [
    { do: 'map', buffer: 'a', device: '0000:01:00.0', dir: 'TO_DEVICE' },
    { do: 'map', buffer: 'a', device: '-d', dir: 'TO_DEVICE' },
  ],
  [
    { do: 'set-mask', device: 'd', bits: 64, coherent: true },
    { do: 'set-mask', device: 'd', bits: 65 },
  ],
  [
    { do: 'set-mask', device: 'd', bits: 1 },
    { do: 'set-mask', device: 'd', bits: 0 },
  ],
  [
    { do: 'kmap', buffer: 'a', page: 0 },
    { do: 'kmap', buffer: 'a', page: -1 },
  ],
  [
    { do: 'scatterlist', entries: 1_000_000 },
    { do: 'scatterlist', entries: 1_000_001 },
  ],
  [
    { do: 'scatterlist', entries: 0 },
    { do: 'scatterlist', entries: -1 },
  ],
  [
    { do: 'sg-table', buffer: 'l', of: Array(4096).fill('a') },
    { do: 'sg-table', buffer: 'l', of: Array(4097).fill('a') },
  ],
  [
    { do: 'reqbufs', ...QUEUE, memory: 'DMABUF', count: 1023 },
    { do: 'reqbufs', ...QUEUE, memory: 'DMABUF', count: 1024 },
  ],
  [
    { do: 'reqbufs', ...QUEUE, memory: 'MMAP', count: 0 },
    { do: 'reqbufs', ...QUEUE, memory: 'MMAP', count: -1 },
  ],
  [
    { do: 'querybuf', ...QUEUE, index: 0 },
    { do: 'querybuf', ...QUEUE, index: 0.5 },
  ],
  [
    { do: 'qbuf', ...QUEUE, index: 0, buffers: Array(8).fill('a') },
    { do: 'qbuf', ...QUEUE, index: 0, buffers: Array(9).fill('a') },
  ],
  [
    { do: 'qbuf', ...QUEUE, index: 0 },
    { do: 'qbuf', ...QUEUE, index: 0, buffers: [] },
  ],
  [
    { do: 'expbuf', ...QUEUE, index: 0, buffer: 'f', plane: 7 },
    { do: 'expbuf', ...QUEUE, index: 0, buffer: 'f', plane: 8 },
  ],
  [
    { do: 'expbuf', ...QUEUE, index: 0, buffer: 'f' },
    { do: 'expbuf', ...QUEUE, index: 0, buffer: 'a' },
  ],
  [
    { do: 'dqbuf', device: 'd', queue: 'output' },
    { do: 'dqbuf', device: 'd', queue: 'input' },
  ],
  [
    { do: 'wait', ms: 3_600_000 },
    { do: 'wait', ms: 3_600_001 },
  ],
  [
    { do: 'wait', ms: 0.5 },
    { do: 'wait', ms: 0 },
  ],
  [
    { do: 'sync', ...DEV, for: 'cpu', dir: 'FROM_DEVICE' },
    { do: 'sync', ...DEV, for: 'gpu', dir: 'FROM_DEVICE' },
  ],
  [
    { do: 'expect', says: 'x' },
    { do: 'expect', severity: 'error' },
  ],
  [
    { do: 'expect', errno: 'EINVAL' },
    { do: 'expect', errno: 'EWHAT' },
  ],
  [
    { do: 'reuse-table', ...DEV, with: 'a' },
    { do: 'reuse-table', ...DEV, with: 'z' },
  ],
  [
    { do: 'sg-copy-to-buffer', buffer: 'a', skip: 0, len: 1 },
    { do: 'sg-copy-to-buffer', buffer: 'a', skip: -1 },
  ],
  [
    { do: 'attach', ...DEV, peer2peer: true },
    { do: 'attach', ...DEV, peer2peer: 'yes' },
  ],
  [
    { do: 'declare-pool', device: 'd', base: 0, size: 4096 },
    { do: 'declare-pool', device: 'd', base: 0, size: 0 },
  ],
])('%o is taken, %o is not', (taken, refused) => {
  expect(after(taken)).toBe('')
  expect(after(refused)).toMatch(/^s\.yaml: steps\.1/)
})

describe('names of buffers', () => {
  it('may be taken anew after a free, and used after it', () => {
    expect(
      refusal([
        ALLOC,
        { do: 'free', buffer: 'a' },
        { do: 'cpu-read', buffer: 'a' },
        ALLOC,
        { do: 'free', buffer: 'a' },
        { do: 'free', buffer: 'a' },
      ]),
    ).toBe('')
  })
  it('are told in order where one does not exist', () => {
    expect(refusal([{ ...ALLOC, buffer: 'z' }, ALLOC, { do: 'cpu-read', buffer: 'q' }])).toBe(
      's.yaml: steps.2.buffer: no step before this one makes a buffer q; so far there are a, z',
    )
    expect(refusal([{ do: 'qbuf', ...QUEUE, index: 0, buffers: ['q'] }])).toBe(
      's.yaml: steps.0.buffers.0: no step before this one makes a buffer q; so far there is none',
    )
  })
  it('an expectation needs a step before it', () => {
    expect(refusal([{ do: 'expect', errno: 'EINVAL' }])).toMatch(/there is nothing before this step/)
  })
})

describe('what a file says of itself', () => {
  test.each<[object, object]>([
    [{ seed: 0xffff_ffff }, { seed: 0x1_0000_0000 }],
    [{ seed: 0 }, { seed: -1 }],
    [{ inject: ['mapPage@converter:2', 'alloc:1'] }, { inject: ['mapPage@:2'] }],
    [{ inject: ['mapPage@32e30000.dwe:12'] }, { inject: ['mapPage:0'] }],
    [{ inject: [] }, { inject: ['mapPage'] }],
    [{ config: ['NAME=1'] }, { config: 'NAME=1' }],
    [{ adversarialCache: true }, { adversarialCache: 1 }],
  ])('%o is taken, %o is not', (taken, refused) => {
    expect(refusal([ALLOC], taken)).toBe('')
    expect(refusal([ALLOC], refused)).not.toBe('')
  })
  it('is kept as it was written, and what was not written is absent', () => {
    const head = {
      title: 't',
      board: 'b',
      kernel: 'k',
      cmdline: 'c',
      config: ['A'],
      inject: ['map:1'],
      seed: 0,
      adversarialCache: false,
    }
    expect(checkScenario({ name: 'x', ...head, steps: [ALLOC] }, 's')).toEqual({
      kind: 'steps',
      name: 'x',
      ...head,
      steps: [ALLOC],
    })
    expect(Object.keys(checkScenario({ name: 'x', steps: [ALLOC] }, 's'))).toEqual(['kind', 'name', 'steps'])
    const { seed: _seed, adversarialCache: _cache, ...meant } = head
    const pipeline = checkScenario(
      { name: 'p', pipeline: 'fakesrc ! fakesink', expect: { errno: 'ENXIO' }, ...meant },
      's',
    )
    expect(pipeline).toMatchObject({ kind: 'pipeline-file', ...meant, bind: {} })
    expect(pipeline).toHaveProperty('expect', { errno: 'ENXIO' })
    expect(checkScenario({ name: 'p', pipeline: 'fakesrc ! fakesink' }, 's')).not.toHaveProperty('expect')
  })
  it('eight complaints are listed, the rest counted', () => {
    const wrong = { do: 'free', buffer: 9 }
    expect(() => checkScenario({ name: 'x', steps: Array(10).fill(wrong) }, 's')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^s: steps\.0\.buffer: /),
        hint: expect.stringMatching(/^(?:[^\n]+\n){7}and 2 more$/),
      }),
    )
  })
})
