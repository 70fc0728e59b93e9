// v4l2-compliance's buffer and streaming tests over every allocator, both directions, and a mem-to-mem device.
import { readFileSync } from 'node:fs'
import type { V4l2Memory } from '@dmalab/api'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openBench } from './sharing-bench.ts'
import { type Outcome, queueOf, type Target, TESTS } from './v4l2-conformance.ts'

interface Node {
  readonly device: string
  readonly side: 'capture' | 'output'
  readonly modes: readonly V4l2Memory[]
  /** Exports what this node imports. */
  readonly exporter: string
  readonly m2m: boolean
}

const ALL: readonly V4l2Memory[] = ['MMAP', 'USERPTR', 'DMABUF']
const CONTIG: readonly V4l2Memory[] = ['MMAP', 'DMABUF']
const node = (
  device: string,
  side: Node['side'],
  modes: readonly V4l2Memory[],
  exporter: string,
  m2m = false,
): readonly [string, Node] => [`${device} ${side}`, { device, side, modes, exporter, m2m }]

const NODES = new Map([
  node('n', 'capture', CONTIG, 'nc'),
  node('n', 'output', CONTIG, 'nc'),
  node('sg', 'capture', ALL, 'sgc'),
  node('sg', 'output', ALL, 'n'),
  node('vm', 'capture', ALL, 'n'),
  node('vm', 'output', ALL, 'sg'),
  node('vim2m', 'output', ALL, 'n', true),
  node('vim2m', 'capture', ALL, 'vm', true),
])

const run = (kernel: string, name: string, testName: string): Outcome => {
  const at = NODES.get(name)
  const body = TESTS[testName]
  if (at === undefined || body === undefined) throw new Error(`${name}: ${testName} is not there`)
  const bench = openBench(kernel)
  onTestFinished(() => bench.lab.close())
  const { driver } = bench.open(at.device)
  const target: Target = {
    bench,
    driver,
    queue: queueOf(driver, at.side),
    modes: at.modes,
    scatters: at.device === 'sg',
    partner: at.m2m ? queueOf(driver, at.side === 'output' ? 'capture' : 'output') : null,
    exporter: queueOf(bench.open(at.exporter).driver, 'capture'),
  }
  const outcome = body(target)
  driver.close()
  expect(balance(bench.events.map(({ event }) => event))).toEqual({ alloc: 0, sg: 0, dmaBufs: 0 })
  return outcome
}

/** What was taken and not given back. */
const balance = (events: readonly string[]) => {
  const count = (name: string): number => events.filter((event) => event === name).length
  return {
    alloc: count('dma_alloc') - count('dma_free'),
    sg: count('dma_map_sg') - count('dma_unmap_sg'),
    dmaBufs: count('dma_buf_export') - count('dma_buf_release'),
  }
}

describe.each(['arm@4.11'])('%s', (kernel) => {
  describe.each([...NODES.keys()])('%s', (name) => {
    test.each(Object.keys(TESTS))('%s', (testName) => {
      expect(run(kernel, name, testName)).toMatch(/^OK/)
    })
  })
})

/** Reports of the real tool on real kernels, by what they correspond to here. */
const REPORTS = {
  'a64-6.12-compliance-vivid-dc-cap.txt': 'n capture',
  'a64-6.12-compliance-vivid-dc-out.txt': 'n output',
  'a64-6.12-compliance-vivid-vmalloc-cap.txt': 'vm capture',
  'a64-6.12-compliance-vivid-vmalloc-out.txt': 'vm output',
  'a64-6.12-compliance-vim2m.txt': 'vim2m output',
} as const

describe.each(Object.entries(REPORTS))('%s', (file, name) => {
  const text = readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8')
  const groups = text.slice(text.lastIndexOf('Buffer ioctls'))
  const reported = [...groups.matchAll(/test (?<name>[^:\n]+): (?<result>OK(?: \(Not Supported\))?|FAIL)/g)]

  test('has tests, and each has its counterpart', () => {
    expect(new Set(reported.map(({ groups: found }) => found?.['name']))).toEqual(new Set(Object.keys(TESTS)))
  })

  // DMABUF failed on the contiguous capture node because the exporting node's format was smaller: the set-up, not the driver.
  const comparable = reported.flatMap(({ groups: found }) =>
    found !== undefined && found['result'] !== 'FAIL' ? [[found['name'] ?? '', found['result'] ?? ''] as const] : [],
  )
  test.each(comparable)('%s: %s', (testName, result) => {
    expect(run('arm64@6.12', name, testName)).toBe(result)
  })
})
