// Options that are texts: sizes, failures to inject, kernel options; to their limits.
import { RUN_LIMITS } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { parseInjections, parseKernelOptions, parseSize } from '../../src/spec/parse-options.ts'

const [low, high] = RUN_LIMITS.width

describe('a size', () => {
  it.each([
    ['1920x1080', 1920, 1080],
    [`${low}x${low}`, low, low],
    [`${high}x${high}`, high, high],
  ])('%s', (text, width, height) => {
    expect(parseSize(text)).toEqual({ width, height })
  })

  it.each([
    '',
    '1920',
    '1920x',
    'x1080',
    '1920X1080',
    '1920x1080 ',
    ' 1920x1080',
    '1920x1080x2',
    '100000x1',
    '1x100000',
    '-1x2',
    '1.5x2',
  ])('%j is none', (text) => {
    expect(() => parseSize(text)).toThrow(`size '${text}' is not WIDTHxHEIGHT, such as 1920x1080`)
  })

  it.each([
    [`${low - 1}x${low}`, `width is ${low - 1}; it must be a whole number from ${low} to ${high}`],
    [`${low}x${low - 1}`, `height is ${low - 1}; it must be`],
    [`${high + 1}x${low}`, `width is ${high + 1}; it must be`],
    [`${low}x${high + 1}`, `height is ${high + 1}; it must be`],
  ])('%s is out of range', (text, message) => {
    expect(() => parseSize(text)).toThrow(message)
  })
})

describe('a failure to inject', () => {
  it.each([
    ['mapPage:1', { what: 'mapPage', nth: 1 }],
    ['mapPage@converter:20', { what: 'mapPage', nth: 20, device: 'converter' }],
    ['mapPage@0000:00:02.0:3', { what: 'mapPage', nth: 3, device: '0000:00:02.0' }],
  ])('%s', (text, rule) => {
    expect(parseInjections([text])).toEqual([rule])
  })

  it.each([
    '',
    'mapPage',
    'mapPage:',
    'mapPage:0',
    'mapPage:01',
    'mapPage:x',
    'mapPage:-1',
    '@codec:1',
    ':1',
    'map page:1',
    'mapPage@:1',
    'x1:1',
  ])('%j is none', (text) => {
    expect(() => parseInjections([text])).toThrow(
      `--inject '${text}' is not operation[@device]:nth, such as mapPage@converter:2`,
    )
  })

  it('several are kept in their order', () => {
    expect(parseInjections(['b:2', 'a:1']).map(({ what }) => what)).toEqual(['b', 'a'])
  })
})

describe('kernel options', () => {
  it.each([
    ['ARM_LPAE', 'ARM_LPAE', true],
    ['CONFIG_ARM_LPAE', 'ARM_LPAE', true],
    ['ARM_LPAE=y', 'ARM_LPAE', true],
    ['ARM_LPAE=n', 'ARM_LPAE', false],
    ['ORDER=9', 'ORDER', 9],
    ['ORDER=10', 'ORDER', 10],
    ['ORDER=9x', 'ORDER', '9x'],
    ['ORDER=x9', 'ORDER', 'x9'],
    ['ORDER=', 'ORDER', ''],
    ['A1_B', 'A1_B', true],
  ])('--config %s', (text, name, value) => {
    expect(parseKernelOptions([text], '').config).toEqual({ [name]: value })
  })

  it.each(['', 'arm_lpae', '=y', 'A B', 'A-B', ' A', 'A '])('--config %j is none', (text) => {
    expect(() => parseKernelOptions([text], '')).toThrow(
      `--config '${text}' is not NAME or NAME=value, such as ARM_LPAE`,
    )
  })

  it.each([
    ['', {}],
    ['quiet', { quiet: true }],
    ['cma=64M', { cma: '64M' }],
    ['  cma=64M   quiet\n', { cma: '64M', quiet: true }],
    ['a=b=c', { a: 'b=c' }],
    ['a=', { a: '' }],
    ['mem=1G mem=2G@3G', { mem: '1G 2G@3G' }],
    ['mem=1G mem=2G mem=3G', { mem: '1G 2G 3G' }],
    ['mem mem=1G', { mem: '1G' }],
    ['mem=1G mem', { mem: true }],
  ])('command line %j', (text, cmdline) => {
    expect(parseKernelOptions([], text).cmdline).toEqual(cmdline)
  })
})
