import { describe, expect, it } from 'vitest'
import { isInputError } from '@dmalab/api'
import type { InputError } from '@dmalab/api'
import { readScenario } from '../src/index.ts'

const STEPS = `name: share
title: a page-less buffer goes from codec to converter
steps:
  - { do: alloc, buffer: a, from: coherent, device: codec, size: 64KiB }
  - { do: export, buffer: a }
  - { do: attach, buffer: a, device: converter }
  - { do: map, buffer: a, device: converter, dir: TO_DEVICE, attrs: [SKIP_CPU_SYNC] }
  - { do: device-read, buffer: a, device: converter, offset: 0x1000, len: 4096 }
  - { do: expect, finding: wrong-bytes }
  - { do: reqbufs, device: codec, queue: capture, memory: MMAP, count: 4 }
  - { do: expbuf, device: codec, queue: capture, index: 0, buffer: frame }
  - { do: qbuf, device: converter, queue: output, index: 0, buffers: [frame] }
  - { do: expect, errno: EINVAL }
`

const refused = (text: string): InputError => {
  try {
    readScenario(text, 's.yaml')
  } catch (e) {
    if (isInputError(e)) return e
    throw e
  }
  throw new Error('accepted')
}

const steps = (...lines: readonly string[]): string =>
  ['name: x', 'steps:', ...lines.map((line) => `  - ${line}`)].join('\n')

describe('a list of steps', () => {
  it('is read with sizes as bytes', () => {
    const scenario = readScenario(STEPS, 's.yaml')
    expect(scenario).toMatchObject({ kind: 'steps', name: 'share' })
    if (scenario.kind !== 'steps') throw new Error('no steps')
    expect(scenario.steps[0]).toEqual({ do: 'alloc', buffer: 'a', from: 'coherent', device: 'codec', size: 65536 })
    expect(scenario.steps[4]).toEqual({ do: 'device-read', buffer: 'a', device: 'converter', offset: 4096, len: 4096 })
    expect(scenario.steps).toHaveLength(10)
  })

  it.each([
    [
      'an unknown key',
      steps('{ do: export, buffer: a, fd: 3 }'),
      { line: 3, column: 30, path: 'steps.0.fd' },
      'unknown key fd',
    ],
    [
      'an unknown step',
      steps('{ do: dance }'),
      { line: 3, column: 11, path: 'steps.0.do' },
      'unknown "dance"; expected one of alloc',
    ],
    [
      'what is not a size',
      steps('{ do: alloc, buffer: a, from: pages, size: 64MB }'),
      { line: 3, column: 48, path: 'steps.0.size' },
      'expected a length',
    ],
    ['no steps', 'name: x\nsteps: []', { line: 2, column: 8, path: 'steps' }, 'Too small'],
    [
      'a buffer that no step made',
      steps('{ do: export, buffer: a }'),
      { line: 3, column: 27, path: 'steps.0.buffer' },
      'no step before this one makes a buffer a; so far there is none',
    ],
    [
      'a name taken twice',
      steps('{ do: alloc, buffer: a, from: pages, size: 4096 }', '{ do: alloc, buffer: a, from: pages, size: 4096 }'),
      { line: 4, path: 'steps.1.buffer' },
      'buffer a exists already',
    ],
    [
      'a list of a buffer that no step made',
      steps(
        '{ do: alloc, buffer: a, from: pages, size: 4096 }',
        '{ do: sg-table, buffer: l, of: [a, { buffer: b, len: 64 }] }',
      ),
      { line: 4, path: 'steps.1.of.1' },
      'no step before this one makes a buffer b',
    ],
    ['an empty list', steps('{ do: sg-table, buffer: l, of: [] }'), { line: 3, path: 'steps.0.of' }, 'Too small'],
    [
      'coherent memory without a device',
      steps('{ do: alloc, buffer: a, from: coherent, size: 4096 }'),
      { line: 3, path: 'steps.0' },
      'allocated for a device',
    ],
    [
      'an expectation of nothing',
      steps('{ do: alloc, buffer: a, from: pages, size: 4096 }', '{ do: expect, severity: error }'),
      { line: 4 },
      'an errno, a finding, a verdict or words',
    ],
    [
      'a finding that does not exist',
      steps('{ do: alloc, buffer: a, from: pages, size: 4096 }', '{ do: expect, finding: bad-luck }'),
      { line: 4, path: 'steps.1.finding' },
      'unknown "',
    ],
    ['broken YAML', 'name: [x\nsteps:', { line: 2 }, ''],
  ])('%s is refused with its place', (_, text, place, message) => {
    const error = refused(text)
    expect(error.place).toMatchObject({ file: 's.yaml', ...place })
    expect(error.message).toContain(message)
  })

  it('may make a list of parts, with lengths as bytes', () => {
    const text = steps(
      '{ do: alloc, buffer: a, from: pages, size: 8KiB }',
      '{ do: sg-table, buffer: l, of: [a, { buffer: a, offset: 4KiB, len: 64 }] }',
      '{ do: map, buffer: l, device: converter, dir: TO_DEVICE }',
    )
    const scenario = readScenario(text, 's.yaml')
    if (scenario.kind !== 'steps') throw new Error('no steps')
    expect(scenario.steps[1]).toEqual({
      do: 'sg-table',
      buffer: 'l',
      of: ['a', { buffer: 'a', offset: 4096, len: 64 }],
    })
  })

  it('may use a buffer after it was freed, for that is worth modelling', () => {
    const text = steps(
      '{ do: alloc, buffer: a, from: pages, size: 4096 }',
      '{ do: free, buffer: a }',
      '{ do: cpu-read, buffer: a }',
    )
    expect(readScenario(text, 's.yaml').kind).toBe('steps')
  })
})

describe('a pipeline in a file', () => {
  it('is parsed and keeps its bindings', () => {
    const text = 'name: play\npipeline: gst-launch-1.0 -v v4l2h264dec ! kmssink\nbind: { v4l2h264dec: codec }\n'
    const scenario = readScenario(text, 's.yaml')
    if (scenario.kind !== 'pipeline-file') throw new Error('no pipeline')
    expect(scenario.pipeline.elements.map(({ name }) => name)).toEqual(['v4l2h264dec0', 'kmssink0'])
    expect(scenario.bind).toEqual({ v4l2h264dec: 'codec' })
  })

  it('is refused with the place of the text and a caret in it', () => {
    const error = refused('name: play\npipeline: v4l2h264dec ! ! kmssink\n')
    expect(error.place).toMatchObject({ file: 's.yaml', line: 2, column: 11, path: 'pipeline' })
    expect(error.message).toContain('1 | v4l2h264dec ! ! kmssink\n  |               ^')
  })

  it('has no steps beside it', () => {
    expect(refused('name: play\npipeline: fakesrc\nsteps: []').message).toContain('unknown key steps')
  })
})
