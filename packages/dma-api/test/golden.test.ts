import { readFileSync } from 'node:fs'
import type { GoldenCase, GoldenContext, Lab } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { adapters } from '../src/golden/index.ts'
import { openTestLab } from './lab.ts'

/** What the adapters of this room use of a laboratory. */
const context: GoldenContext = {
  openLab: ({ machine }) => {
    const lab = openTestLab({ machine })
    const part: Partial<Lab> = {
      device: (name) => lab.device(name),
      host: (device) => lab.host(device),
      bus: (device) => lab.memory.bus(lab.busView(device)),
      sgTable(entries) {
        const table = lab.sgAlloc(entries.length)
        if (!table.ok) throw new Error(table.why)
        for (const [i, { page, length, offset }] of entries.entries()) table.value.setPage(i, page, length, offset)
        return table.value
      },
    }
    return part as Lab
  },
}

for (const topic of ['coherent-pool', 'sg-from-pages', 'sg-ops', 'sg-layout']) {
  const text = readFileSync(new URL(`../golden/${topic}.json`, import.meta.url), 'utf8')
  const { cases } = JSON.parse(text) as { cases: GoldenCase[] }
  const adapter = adapters.find((one) => one.topic === topic)

  describe(`vectors of ${topic}`, () => {
    it(`all ${cases.length} agree`, () => {
      expect(adapter).toBeDefined()
      for (const input of cases) expect({ ...input, ...adapter?.run(input, context, {}) }).toEqual(input)
    })
  })
}

it('a case of the kernel suite gets the answers its format names', () => {
  const suite = adapters.find((one) => one.topic === 'sg-kernel-suite')
  const input = { p: [1, 2, 4], o: 0, s: 12288, m: 4294967295, app: [5, 6, 8] }
  expect(suite?.run(input, context, {})).toEqual({
    r: 0,
    x: 3,
    e: [
      [1, 0, 8192],
      [4, 0, 12288],
      [8, 0, 4096],
    ],
  })
})
