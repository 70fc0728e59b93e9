// Every tag that `board facts` can list has its meaning, and no meaning is left over.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { TRAP_CODES, trapTitle } from '../src/index.ts'

it('every trap is explained', () => {
  const code = readFileSync(new URL('../src/facts/traps.ts', import.meta.url), 'utf8')
  const iommu = ['iommus-missing-phandle', 'iommus-missing-#iommu-cells', 'iommus-short']
  const tags = [...code.matchAll(/\btag\(\s*'([^']+)'/g)].map(([, tag = '']) => tag)
  expect(new Set(Object.keys(TRAP_CODES))).toEqual(new Set([...tags, ...iommu]))
  expect(trapTitle('status-fail')).toContain('"fail"')
  expect(trapTitle('nope')).toBeUndefined()
})
