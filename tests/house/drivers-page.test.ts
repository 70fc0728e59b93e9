// docs/drivers.md is made from the tables of drivers, and follows them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { driversPage, KERNEL_DRIVERS } from '@dmalab/machine'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

test('the page of drivers is up to date (npm run pages)', () => {
  expect(readFileSync(join(ROOT, 'docs/drivers.md'), 'utf8')).toBe(driversPage())
})

test('a compatible string belongs to one driver, and every row names its source', () => {
  const strings = KERNEL_DRIVERS.flatMap(({ compatible }) => compatible)
  expect(strings.filter((each, i) => strings.indexOf(each) !== i)).toEqual([])
  expect(KERNEL_DRIVERS.filter(({ source }) => !/^drivers\/(media|staging|gpu)\/[\w./-]+\.c/.test(source))).toEqual([])
})
