// A control character in a device tree or a sweep is shown, never sent.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalabWith } from './dmalab.ts'
import { escapedFields, EVIL, fields, sentIn } from './evil.ts'
import { type Tree, writeTree } from './tree-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-evil-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A tree with an evil text in one place after the other. */
const TREE_TEXTS = [
  'model',
  'compatible',
  'cpu',
  'bus',
  'device',
  'status',
  'property',
  'label',
  'method',
  'region',
  'args',
]
const treeWith = (place: string): Tree => {
  const at = (name: string, text: string): string => (name === place ? `${text}${EVIL}` : text)
  return {
    compatible: at('compatible', 'test,board'),
    model: at('model', 'Board'),
    '#address-cells': 1,
    '#size-cells': 1,
    chosen: { bootargs: at('args', 'console=ttyS0 cma=16M') },
    aliases: { [at('label', 'serial0')]: '/soc/codec@3000' },
    memory: { device_type: 'memory', reg: [0x4000_0000, 0x4000_0000] },
    cpus: {
      '#address-cells': 1,
      '#size-cells': 0,
      'cpu@0': {
        device_type: 'cpu',
        reg: 0,
        compatible: at('cpu', 'arm,cortex-a53'),
        'enable-method': at('method', 'psci'),
      },
    },
    'reserved-memory': {
      '#address-cells': 1,
      '#size-cells': 1,
      ranges: true,
      [at('region', 'pool@50000000')]: { compatible: 'shared-dma-pool', reg: [0x5000_0000, 0x10_0000], 'no-map': true },
    },
    [at('bus', 'soc')]: {
      compatible: 'simple-bus',
      '#address-cells': 1,
      '#size-cells': 1,
      ranges: true,
      [at('device', 'codec@3000')]: {
        compatible: place === 'device' ? `test,codec${EVIL}` : 'allwinner,sun50i-h6-vpu',
        reg: [0x3000, 0x1000],
        status: at('status', 'okay'),
        [at('property', 'dma-coherent')]: true,
      },
    },
  }
}

describe.each([
  ['board', 'show'],
  ['board', 'facts'],
  ['board', 'lint'],
  ['board', 'import'],
  ['diagnose'],
  ['run', 'v4l2src ! kmssink', '--board'],
  ['bench', 'map', '--count', '1', '--board'],
])('texts of a device tree: %s %s', (...words) => {
  test.each(TREE_TEXTS)('%s', async (place) => {
    writeTree(join(folder, 'evil'), treeWith(place))
    const { out, err } = await dmalabWith({ cwd: folder }, ...words.filter((word) => word !== undefined), './evil')
    expect(sentIn(out, err)).toEqual([])
  })
})

/** What names hold that are taken: with quotes, as YAML has them. */
const YAML_EVIL = String.raw`\e]0;PWN\a\x7f\x9b31m`
const SWEEP = `sweep: 1
name: "odd ${YAML_EVIL}"
board: odroid-xu4-nopool
kernel: arm@4.11
work: [short, "filesrc location=${YAML_EVIL} ! fakesink"]
lines:
  short: "videotestsrc name=a${YAML_EVIL} ! kmssink"
`
describe('a sweep whose names are evil', () => {
  test.each(['text', 'csv', 'junit', 'sarif', 'markdown'])('--report %s', async (report) => {
    writeFileSync(join(folder, 'sweep.yaml'), SWEEP)
    const html = join(folder, 'sweep.html')
    const words = ['sweep', 'sweep.yaml', '--workers', '0', '--frames', '1', '--size', '64x32', '--html', html]
    const { code, out, err } = await dmalabWith({ cwd: folder }, ...words, '--report', report)
    expect([code, err]).toEqual([0, ''])
    expect(sentIn(out, err, readFileSync(html, 'utf8'))).toEqual([])
  })
  test('every field', async () => {
    const sent: string[] = []
    for (const text of [...fields(SWEEP, 12), ...escapedFields(SWEEP, 12)]) {
      writeFileSync(join(folder, 'sweep.yaml'), text)
      const { out, err } = await dmalabWith({ cwd: folder }, 'sweep', 'sweep.yaml', '--workers', '0', '--frames', '1')
      sent.push(...sentIn(out, err))
    }
    expect(sent).toEqual([])
  })
})
