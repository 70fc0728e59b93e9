// What commands print with --json is what `dmalab schema --command` says.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalab } from './dmalab.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SCHEMAS = join(ROOT, 'apps/cli/schemas')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-json-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ONE = ['--frames', '1', '--size', '640x480']
const trace = join(folder, 'run.trace')
await dmalab('run', 'founding', '--kernel', 'arm@6.12', ...ONE, '--ftrace', trace)
const log = join(folder, 'dmesg.txt')
writeFileSync(
  log,
  '[    1.0] DMA-API: device driver frees DMA memory with wrong function [device address=0x0] [size=8 bytes]\n',
)

/** A device tree of a root with 256 MiB of memory. */
const BLOB = ((): Uint8Array => {
  const names = ['#address-cells', '#size-cells', 'reg', 'device_type']
  const nameAt = (name: string): number =>
    names.slice(0, names.indexOf(name)).reduce((sum, one) => sum + one.length + 1, 0)
  const words = (...values: number[]): Buffer =>
    Buffer.concat(
      values.map((value) => {
        const word = Buffer.alloc(4)
        word.writeUInt32BE(value)
        return word
      }),
    )
  const text = (value: string): Buffer => Buffer.from(value.padEnd(Math.ceil((value.length + 1) / 4) * 4, '\0'))
  const property = (name: string, size: number, value: Buffer): Buffer =>
    Buffer.concat([words(3, size, nameAt(name)), value])
  const structure = Buffer.concat([
    words(1),
    text(''),
    property('#address-cells', 4, words(1)),
    property('#size-cells', 4, words(1)),
    words(1),
    text('memory@40000000'),
    property('device_type', 7, text('memory')),
    property('reg', 8, words(0x4000_0000, 0x1000_0000)),
    words(2),
    words(2),
    words(9),
  ])
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(''))
  const [rsv, at] = [Buffer.alloc(16), 40 + 16]
  const head = words(
    0xd00d_feed,
    at + structure.length + strings.length,
    at,
    at + structure.length,
    40,
    17,
    16,
    0,
    strings.length,
    structure.length,
  )
  return Buffer.concat([head, rsv, structure, strings])
})()

const tree = join(folder, 'my.dtb')
writeFileSync(tree, BLOB)

const diff = join(folder, 'a.diff')
writeFileSync(
  diff,
  '--- a/arch/arm/mm/dma-mapping.c\n+++ b/arch/arm/mm/dma-mapping.c\n@@ -1 +1,2 @@ int arm_dma_map_sg(int a)\n {\n+x\n',
)

/** Lines of each command that together print what it can print. */
const LINES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'bench map': [['--count', '10']],
  'board facts': [[tree, '--arch', 'arm64']],
  'board import': [[tree, '--arch', 'arm64']],
  'board lint': [['odroid-xu4-2017']],
  'board list': [[]],
  'board show': [['odroid-xu4-2017'], ['bcm2711-rpi-4-b', '--kernel', 'arm64@6.12']],
  compare: [
    ['founding', ...ONE],
    ['v4l2src ! kmssink', '--board', 'imx8mp-evk', '--bind', 'v4l2src=vivid', ...ONE],
  ],
  complete: [['--', 'dmalab boa']],
  completion: [['bash']],
  conform: [[join(ROOT, 'tests/golden/iova-rcache.json')]],
  diagnose: [[trace, '--board', 'odroid-xu4-2017'], [log]],
  explain: [[], ['leak-mapping'], ['region-wraps'], ['--dmesg', log]],
  explore: [
    ['--kernel', 'arm@4.11+nopage-rfc', '--configurations', 'single', '--states', '2', '--only', 'importer=iommu'],
  ],
  generate: [
    ['patch', 'a-patch', '--from', diff, '--folder', join(folder, 'a-patch')],
    ['driver', 'a-driver', '--folder', join(folder, 'a-driver')],
  ],
  'kernel diff': [
    ['arm64@6.1', 'arm64@7.2'],
    ['arm@4.11', 'arm@4.11+nopage-rfc'],
  ],
  'kernel list': [[]],
  'kernel show': [['arm@4.11+pfn-valid+nopage-rfc'], ['x86_64@7.2']],
  'pipeline parse': [
    ['v4l2src ! kmssink', '--board', 'imx8mp-evk', '--bind', 'v4l2src=vivid'],
    ['v4l2src ! ! kmssink'],
    ['videotestsrc ! acme ! fakesink'],
  ],
  record: [['--script']],
  run: [
    ['founding', '--kernel', 'arm@4.11', ...ONE],
    ['founding', '--board', 'imx8mp-evk', ...ONE],
    [join(ROOT, 'scenarios/rd-13-sync-not-guarded.yaml')],
  ],
  schema: [[], ['config']],
  sweep: [['founding', '--board', 'odroid-u3', '--kernel', 'arm@6.12', '--workers', '0', ...ONE]],
  'trace check': [[trace]],
  'trace export': [[trace, '--output', join(folder, 'chrome.json')]],
  'trace replay': [[trace, '--board', 'odroid-xu4-2017', '--kernel', 'arm@6.12']],
  'trace stats': [[trace]],
  version: [[]],
  view: [['--no-open', '--html', join(folder, 'view.html')]],
  // What it answers when it ends needs a server; its type is what the schema is made of.
  worker: [],
}

const fileOf = (command: string): string => `${command.replaceAll(' ', '-')}.schema.json`

test('every command has a schema, and every schema a command here', () => {
  const { commands } = JSON.parse(readFileSync(join(ROOT, 'apps/cli/oclif.manifest.json'), 'utf8')) as {
    readonly commands: object
  }
  const ids = Object.keys(commands).map((id) => id.replaceAll(':', ' '))
  expect(Object.keys(LINES).toSorted()).toEqual(ids.toSorted())
  expect(readdirSync(SCHEMAS).toSorted()).toEqual(Object.keys(LINES).map(fileOf).toSorted())
})

describe.each(Object.entries(LINES))('%s', (command, lines) => {
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(readFileSync(join(SCHEMAS, fileOf(command)), 'utf8')) as object,
  )
  test.each([...lines, ['--no-such-flag']].map((words) => [words.join(' '), words] as const))(
    '%s',
    async (_text, words) => {
      const { out } = await dmalab(...command.split(' '), '--json', ...words)
      const printed = JSON.parse(out) as object
      const error = 'error' in printed && typeof printed.error === 'object' ? printed.error : null
      expect(words[0] === '--no-such-flag' ? error === null : error).toBe(words[0] === '--no-such-flag' ? false : null)
      expect(validate(printed) ? [] : (validate.errors ?? []).slice(0, 5)).toEqual([])
    },
  )
})
