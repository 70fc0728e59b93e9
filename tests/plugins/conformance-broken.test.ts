// The suites of the test kit catch broken plug-ins, and fail where the plug-in is wrong and nowhere else.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

interface Results {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly status: 'passed' | 'failed'
    }[]
  }[]
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const folder = join(import.meta.dirname, '..')

/** Failed tests of each suite of a file. */
const failed = (file: string): Record<string, string[]> => {
  const args = [vitest, 'run', file, '--config', 'plugins/broken/vitest.config.ts', '--reporter', 'json']
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 1) throw new Error(`the broken suites ended with ${status}: ${stderr}`)
  const found: Record<string, string[]> = {}
  for (const { ancestorTitles, title, status: outcome } of (JSON.parse(stdout) as Results).testResults.flatMap(
    (file) => file.assertionResults,
  )) {
    const suite = (found[ancestorTitles.join(' ')] ??= [])
    if (outcome === 'failed') suite.push(title.replace(/:.*/, ''))
  }
  return found
}

test('a broken op table fails the tests of what it breaks, and passes the others', () => {
  expect(failed('tables')).toEqual({
    'op table arm of arm-liar@4.11, device plain': [
      'pageless is refused',
      'maintainsCaches is false',
      'syncTouchesPage is false',
      'mergesSegments is true',
      'translates is true',
    ],
    'op table arm of arm-forgetful@4.11, device plain': [
      'serves a caller that may not sleep like any other, or with ENOMEM, and takes the memory back',
      'gives memory back',
      'maps a list so that the device finds every byte, within its mask',
      'hands what the device wrote to the CPU with unmap, and with sync',
      'explored with ordinary memory',
      'mergesSegments is false',
    ],
  })
})

test('so do a broken allocator and a broken patch', () => {
  expect(failed('others')).toEqual({
    'allocator vb2-leaky': [
      'allocates whole zeroed buffers with one user, and frees them with the last',
      'gives the device the address that its capabilities promise',
      'keeps exported memory until the dma-buf goes',
      'imports what it exported',
      'takes memory of the task when it says so, and refuses it when it does not',
      'answers ENOMEM and keeps nothing when the DMA API fails it, and does not care when no device is involved',
    ],
    'patch careless on arm@4.11': [
      'names its hunks',
      'changes something that exists',
      'defines attribute bits that the release does not have, one bit each',
      'exempts only entries with bits that it or the kernel defines',
    ],
    'op table arm of arm@4.11+careless, device plain': [],
  })
})
