// The configuration file of a user.
import { expect, it, test } from 'vitest'
import { configJsonSchema, readConfig } from '../../src/index.ts'

it('docs/config.schema.json is the schema (vitest -u writes it)', async () => {
  await expect(`${JSON.stringify(configJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../../../docs/config.schema.json',
  )
})

test('takes board, kernel and memory, and an empty file', () => {
  expect(readConfig('board: odroid-u3\nkernel: "6.12"\nmemory: [1GiB, 2GiB]\n', 'dmalab.yaml')).toEqual({
    board: 'odroid-u3',
    kernel: '6.12',
    memory: ['1GiB', '2GiB'],
  })
  expect(readConfig('', 'dmalab.yaml')).toEqual({})
})

test.each([
  ['board: odroid-u3\nkernell: x\n', 'dmalab.yaml:2:1: kernell: unknown key kernell'],
  ['board: 5\n', 'dmalab.yaml:1:8: board: expected string, received number'],
  ['- x\n', 'dmalab.yaml:1:1: expected object, received array'],
])('refuses %j', (text, message) => {
  expect(() => readConfig(text, 'dmalab.yaml')).toThrow(message)
})
