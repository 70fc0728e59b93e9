// Completion: what can stand at the cursor, and bash doing it for real.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { splitLine } from '../src/completion/line.ts'
import { dmalab } from './dmalab.ts'

const candidates = async (line: string, ...flags: string[]): Promise<readonly string[]> => {
  const { code, out } = await dmalab('complete', ...flags, '--', line)
  expect(code).toBe(0)
  return out.split('\n').flatMap((one) => (one === '' ? [] : [one.split('\t')[0] ?? '']))
}

test.each([
  ['dmalab ', { before: [], current: '', quote: '' }],
  ['dmalab run "v4l2src ! km', { before: ['run'], current: 'v4l2src ! km', quote: '"' }],
  ["dmalab run 'a b' --board x", { before: ['run', 'a b', '--board'], current: 'x', quote: '' }],
  ['dmalab run a\\ b', { before: ['run'], current: 'a b', quote: '' }],
  ['', { before: [], current: '', quote: '' }],
])('%j is split as a shell does', (line, split) => {
  expect(splitLine(line)).toEqual(split)
})

describe('completes', () => {
  test.each([
    ['dmalab boa', ['board']],
    ['dmalab board li', ['lint', 'list']],
    ['dmalab run founding --boar', ['--board']],
    ['dmalab run founding --board rk3399', ['rk3399-rockpro64', ':files']],
    ['dmalab run founding -b rk3399', ['rk3399-rockpro64', ':files']],
    ['dmalab run founding --kernel riscv', ['riscv64@6.6', 'riscv64@6.12', 'riscv64@6.18']],
    ['dmalab run founding --kernel arm@4.11+pfn-valid+nop', ['arm@4.11+pfn-valid+nopage-rfc']],
    ['dmalab run founding --kernel=riscv', ['--kernel=riscv64@6.6', '--kernel=riscv64@6.12', '--kernel=riscv64@6.18']],
    ['dmalab kernel diff arm64@6.1 arm64@7', ['arm64@7.2']],
    ['dmalab run founding --assume dr', ['driver']],
    ['dmalab run "v4l2src ! kmss', ['v4l2src ! kmssink']],
    ['dmalab explain leak-map', ['leak-mapping']],
    ['dmalab run "v4l2src ! kmssink" --board imx8mp-evk --bind v4', ['v4l2src=']],
    ['dmalab completion f', ['fish']],
    ['dmalab run founding --plugin ./', [':files']],
    ['dmalab no such command', []],
  ])('%s', async (line, expected) => {
    expect(await candidates(line)).toEqual(expected)
  })

  test('the device of an element, on the board that the line names', async () => {
    const found = await candidates('dmalab run x --board odroid-xu4-2017 --bind kmssink=')
    expect(found).toContain('kmssink=vkms')
    expect(found.length).toBeGreaterThan(4)
  })

  test('only the part behind a break of bash', async () => {
    expect(await candidates('dmalab run x --kernel riscv64@6', '--breaks', '@=')).toEqual(['6.6', '6.12', '6.18'])
  })
})

test('a flag that was given is not offered again, one that may repeat is', async () => {
  const found = await candidates('dmalab compare founding --kernel arm@4.11 --seed 1 --')
  expect(found).toContain('--kernel')
  expect(found).not.toContain('--seed')
})

test('bash puts the candidate into its line', () => {
  const script = `
    dmalab() { ${process.execPath} ${join(import.meta.dirname, '../bin/run.js')} "$@"; }
    eval "$(dmalab completion bash)"
    COMP_LINE='dmalab run founding --kernel arm@4.11+nop'; COMP_POINT=\${#COMP_LINE}
    COMP_WORDS=(dmalab run founding --kernel arm @ 4.11+nop); COMP_CWORD=6; COMP_WORDBREAKS=$' \\t\\n"@=:'
    _dmalab; printf '%s\\n' "\${COMPREPLY[@]}"`
  expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' })).toBe('4.11+nopage-rfc\n')
})
