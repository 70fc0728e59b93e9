// Every code of the catalogue is explained, every built-in rule reports codes of the catalogue, and docs/findings.md says the same.
import { FINDINGS } from '@dmalab/api'
import { expect, it } from 'vitest'
import { findingsPage } from '../src/index.ts'
import { EXPLANATIONS } from '../src/explanations/index.ts'
import { builtInRules } from '../src/rules.ts'

it('every code of the catalogue is explained, and no other', () => {
  expect(Object.keys(EXPLANATIONS).toSorted((a, b) => a.localeCompare(b))).toEqual(
    Object.keys(FINDINGS).toSorted((a, b) => a.localeCompare(b)),
  )
})
it('every explanation says what, why, where, and at least one fix', () => {
  const thin = Object.entries(EXPLANATIONS).filter(
    ([, { what, why, source, fixes }]) => [what, why, source].some((text) => text.length < 7) || fixes.length === 0,
  )
  expect(thin).toEqual([])
})
it('rules announce only codes of the catalogue', () => {
  const announced = builtInRules({ unbindMarker: /x/ }).flatMap(({ codes }) => codes)
  expect(announced.filter((code) => !Object.hasOwn(FINDINGS, code))).toEqual([])
  expect(new Set(announced).size).toBe(announced.length)
})
it('docs/findings.md is what the explanations say (vitest -u writes it)', async () => {
  await expect(findingsPage()).toMatchFileSnapshot('../../../docs/findings.md')
})
