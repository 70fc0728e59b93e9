// The configuration file of a user.
import { expect, it, test } from 'vitest'
import { configJsonSchema, readConfig } from '../../src/index.ts'

it('docs/config.schema.json is the schema (vitest -u writes it)', async () => {
  await expect(`${JSON.stringify(configJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../../../docs/config.schema.json',
  )
})

test('takes board, kernel and memory, and an empty file', () => {
  expect(readConfig('board: odroid-u3\nkernel: "6.12"\nmemory: [1GiB@0, 2GiB@1GiB]\n', 'dmalab.yaml')).toEqual({
    board: { value: 'odroid-u3', place: { file: 'dmalab.yaml', line: 1, column: 8, path: 'board' } },
    kernel: { value: '6.12', place: { file: 'dmalab.yaml', line: 2, column: 9, path: 'kernel' } },
    memory: { value: ['1GiB@0', '2GiB@1GiB'], place: { file: 'dmalab.yaml', line: 3, column: 9, path: 'memory' } },
  })
  expect(readConfig('', 'dmalab.yaml')).toEqual({})
})

test.each([
  ['board: odroid-u3\nkernell: x\n', 'dmalab.yaml:2:1: kernell: unknown key kernell'],
  ['board: 5\n', 'dmalab.yaml:1:8: board: expected string, received number'],
  ['kernel: 6.12\n', 'dmalab.yaml:1:9: kernel: expected a text in quotes'],
  ['memory: much\n', "dmalab.yaml:1:9: memory: 'much' is not an amount of memory"],
  ['memory: [1GiB, 1GiB]\n', 'dmalab.yaml:1:9: memory: each of several banks needs its address'],
  ['- x\n', 'dmalab.yaml:1:1: expected object, received array'],
])('refuses %j', (text, message) => {
  expect(() => readConfig(text, 'dmalab.yaml')).toThrow(message)
})
