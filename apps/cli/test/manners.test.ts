// What all commands share: --output, settings of the user, hints for slips, and what they say of themselves.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport } from '@dmalab/api'
import { afterAll, describe, expect, test } from 'vitest'
import { userSettings } from '../src/user-config.ts'
import { dmalab, dmalabWith } from './dmalab.ts'
import { type Tree, writeTree } from './tree-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-manners-'))
afterAll(() => rmSync(folder, { recursive: true }))
const ONE = ['--frames', '1', '--size', '640x480']

describe('--output', () => {
  test('takes what would be printed, and nothing is printed', async () => {
    const file = join(folder, 'kernels.txt')
    const { code, out } = await dmalab('kernel', 'list', '--output', file)
    expect([code, out]).toEqual([0, ''])
    expect(readFileSync(file, 'utf8')).toBe((await dmalab('kernel', 'list')).out)
  })

  test('takes --json, and keeps the exit code', async () => {
    const file = join(folder, 'run.json')
    expect((await dmalab('run', 'founding', '--kernel', 'arm@4.11', ...ONE, '--json', '-o', file)).code).toBe(3)
    expect((JSON.parse(readFileSync(file, 'utf8')) as RunReport).runs[0]?.verdict).toBe('fault')
  })

  test('is not written when the input is bad', async () => {
    const file = join(folder, 'none.txt')
    const { code, err } = await dmalab('run', 'founding', '--board', 'nowhere', '--output', file)
    expect(code).toBe(2)
    expect(err).toContain('no board is named nowhere')
    expect(existsSync(file)).toBe(false)
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test('is no file that the command reads, and no folder', async () => {
    const file = join(folder, 'mine.yaml')
    writeFileSync(file, (await dmalab('board', 'list', '--json')).out)
    const { code, err } = await dmalab('board', 'lint', file, '--output', file)
    expect([code, err.includes('is read by this command')]).toEqual([2, true])
    expect((await dmalab('kernel', 'list', '--output', folder)).err).toContain('it is a folder')
  })
})

describe('settings', () => {
  const here = join(folder, 'project', 'deep')
  mkdirSync(here, { recursive: true })
  const home = join(folder, 'home')
  mkdirSync(home)
  writeFileSync(join(folder, 'project', 'dmalab.yaml'), 'board: boards/mine.yaml\nmemory: 2GiB\n')
  writeFileSync(join(home, 'config.yaml'), 'board: odroid-u3\nkernel: arm@6.12\n')

  test('the nearer file wins, setting by setting; a path is that from its file', () => {
    const said = userSettings(here, home)
    expect([said.board?.value, said.kernel?.value, said.memory?.value]).toEqual([
      '../boards/mine.yaml',
      'arm@6.12',
      ['2GiB'],
    ])
    expect(said.board?.place).toEqual({ file: '../dmalab.yaml', line: 1, column: 8, path: 'board' })
    expect(said.kernel?.place).toMatchObject({ file: '../../home/config.yaml', line: 2 })
    expect(userSettings(home, join(folder, 'nowhere'))).toEqual({})
  })

  const set = (text: string): string => {
    const cwd = mkdtempSync(join(folder, 'set-'))
    writeFileSync(join(cwd, 'dmalab.yaml'), text)
    return cwd
  }
  const ran = async (text: string, ...words: string[]): Promise<RunReport> => {
    const { out } = await dmalabWith({ cwd: set(text) }, 'run', 'founding', '--json', ...ONE, ...words)
    return JSON.parse(out) as RunReport
  }

  test('board and kernel of a run that names none; both are named on stderr, with their file', async () => {
    const cwd = set('board: odroid-u3\nkernel: "6.12"\n')
    const { out, err } = await dmalabWith({ cwd }, 'run', 'founding', ...ONE)
    expect(out).toContain('odroid-u3')
    expect(out).toContain('arm@6.12')
    expect(err).toBe('default board: odroid-u3 (dmalab.yaml)\ndefault kernel: 6.12 (dmalab.yaml)\n')
  })

  test('what the command says comes first, and a kernel for another architecture is not taken', async () => {
    expect((await ran('kernel: arm@6.12\n', '--kernel', 'arm@4.11')).runs[0]?.kernel).toBe('arm@4.11')
    expect((await ran('kernel: arm@6.12\n', '--board', 'imx8mp-evk')).runs[0]?.kernel).toBe('arm64@6.12')
  })

  test('a mistake is one line with its place', async () => {
    const { code, err } = await dmalabWith({ cwd: set('bord: odroid-u3\n') }, 'run', 'founding')
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^error: dmalab\.yaml:1:1: bord: unknown key bord \(did you mean board\?\)\n/),
    ])
  })

  test.each([
    ['board show', 'odroid-u3', 'board: odroid-u3\n'],
    ['board lint', 'odroid-u3', 'board: odroid-u3\n'],
    ['kernel show', 'arm64@6.12', 'kernel: arm64@6.12\n'],
    ['kernel show', 'arm@6.12', 'board: odroid-u3\nkernel: "6.12"\n'],
    ['bench map --count 10', 'arm@6.12', 'board: odroid-u3\nkernel: "6.12"\n'],
    ['pipeline parse', 'vpu', 'board: imx6q-sabrelite\n', 'filesrc ! h264parse ! v4l2h264dec ! kmssink'],
    ['sweep --frames 1 --size 64x64 --workers 0 --json suggested', 'works', 'board: imx8mp-evk\n'],
    ['explore --states 1 --depth 1 --configurations single', 'arm@6.12', 'kernel: arm@6.12\n'],
    ['diagnose --symptom green-frames', 'imx8mp-evk', 'board: imx8mp-evk\n'],
  ])('%s takes it, too', async (words, seen, text, ...more) => {
    const { out, err } = await dmalabWith({ cwd: set(text) }, ...words.split(' '), ...more)
    expect(out).toContain(seen)
    expect(err).toMatch(/^default (board|kernel): .*\(dmalab\.yaml\)$/m)
  })

  test('memory counts where a device tree states none', async () => {
    const lines = async (memory: Tree): Promise<readonly string[]> => {
      const cwd = set('board: ./tree\nmemory: 2GiB\n')
      writeTree(join(cwd, 'tree'), {
        compatible: 'fsl,imx8mp',
        '#address-cells': 1,
        '#size-cells': 1,
        cpus: {
          '#address-cells': 1,
          '#size-cells': 0,
          'cpu@0': { device_type: 'cpu', compatible: 'arm,cortex-a53', reg: 0 },
        },
        ...memory,
      })
      return (await dmalabWith({ cwd }, 'board', 'show')).err.split('\n')
    }
    const memory = 'default memory: 2GiB (dmalab.yaml)'
    expect((await lines({})).join('|')).toContain(memory)
    expect(await lines({ memory: { device_type: 'memory', reg: [0x4000_0000, 0x4000_0000] } })).not.toContain(memory)
  })

  test.each([
    ['board: nowhere\n', 'board lint', 'error: dmalab.yaml:1:8: board: no board is named nowhere'],
    ['board: gone.dtb\n', 'board show', 'error: gone.dtb: no such file\nhint: it is named in dmalab.yaml:1'],
    ['\nkernel: arm@4.11+nopage-rfx\n', 'explore', "error: dmalab.yaml:2:9: kernel: there is no patch 'nopage-rfx'"],
    ['kernel: "6.12"\n', 'kernel show', 'error: dmalab.yaml:1:9: kernel: 6.12 says no architecture'],
    ['kernel: 6.12\n', 'explore', 'error: dmalab.yaml:1:9: kernel: expected a text in quotes'],
    ['memory: much\n', 'board show', "error: dmalab.yaml:1:9: memory: 'much' is not an amount of memory"],
  ])('%j: the place of the mistake', async (text, words, told) => {
    const { code, err } = await dmalabWith({ cwd: set(text) }, ...words.split(' '))
    expect([code, err]).toEqual([2, expect.stringContaining(told)])
  })
})

test.each([
  [['run', 'founding', '--boad', 'x'], 'did you mean --board'],
  [['run', 'founding', '--assume', 'drivr'], 'did you mean driver?'],
  [['run', 'founding', '--board', 'odroid-u4'], 'did you mean odroid-u3'],
  [['run', 'founding', '--kernel', 'arm@4.12+nopage-rfx'], 'nopage-rfc'],
  [['kernel', 'show', 'arm@6.12+pfnvalid'], 'did you mean pfn-valid?'],
  [['explain', 'leak-maping'], 'did you mean leak-mapping?'],
  [['schema', '--command', 'bord list'], 'did you mean board list'],
  [['pipeline', 'parse', 'videotestsrc ! kmssnk'], 'did you mean kmssink?'],
])('%j is told what was meant', async (words, hint) => {
  const { out, err } = await dmalab(...words)
  expect(`${out}${err}`).toContain(hint)
})

test('version --json has the build, the kernels and the number of the contract', async () => {
  const { out } = await dmalab('version', '--json')
  const version = JSON.parse(out) as { build: string; contract: number; kernels: string[] }
  expect(version.build).toMatch(/^[0-9a-f]{16}/)
  expect(version.contract).toBe(2)
  expect(version.kernels).toContain('arm64@7.2')
})

test('the help of a topic lists commands, which can be given afterwards', async () => {
  expect((await dmalab('trace', '--help')).out).toContain('trace replay')
  expect((await dmalab('trace', 'replay', './nothing.trace', '--board', 'odroid-u3')).err).toMatch(
    /^error: \.\/nothing\.trace: /,
  )
})
