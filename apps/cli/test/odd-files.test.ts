// Every command that takes a file, with everything that a path can lead to and that is not one: one line, exit code 2, and no waiting.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalabWith } from './dmalab.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-odd-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What lies where a file belongs, by how it is made. */
const ODD: Readonly<Record<string, (path: string) => void>> = {
  nothing: () => undefined,
  'a folder': (path) => mkdirSync(path),
  'a loop of links': (path) => symlinkSync(path, path),
  'a pipe that no program writes': (path) => void spawnSync('mkfifo', [path]),
  'a device': (path) => symlinkSync('/dev/zero', path),
  'a file whose reading fails': (path) => symlinkSync('/proc/self/mem', path),
  '5 GiB of zeros': (path) => {
    writeFileSync(path, '')
    truncateSync(path, 5 * 2 ** 30)
  },
}

/** Every argument and flag that takes a file: the words before it, and its suffix. */
type Place = readonly [before: readonly string[], suffix: string, after?: readonly string[]]
const PLACES: readonly Place[] = [
  [['run'], 'yaml'],
  [['run', 'founding', '--board'], 'yaml'],
  [['run', 'founding', '--board'], 'dtb'],
  [['run', 'founding', '--plugin'], 'mjs'],
  [['run', '--spec'], 'json'],
  [['compare'], 'yaml'],
  [['compare', 'founding', '--board'], 'dtb'],
  [['compare', '--spec'], 'json'],
  [['board', 'show'], 'dtb'],
  [['board', 'facts'], 'dtb'],
  [['board', 'lint'], 'yaml'],
  [['board', 'import'], 'dtb'],
  [['pipeline', 'parse', 'v4l2src ! kmssink', '--board'], 'yaml'],
  [['trace', 'check'], 'trace'],
  [['trace', 'stats'], 'trace'],
  [['trace', 'export'], 'trace'],
  [['trace', 'replay'], 'trace', ['--kernel', 'arm64@6.12', '--board', 'imx8mp-evk']],
  [['explain', '--dmesg'], 'log'],
  [['conform'], 'json'],
  [['diagnose'], 'log'],
  [['sweep'], 'yaml'],
  [['kernel', 'list', '--plugin'], 'mjs'],
  [['board', 'list', '--plugin'], 'mjs'],
  [['explore', '--kernel', 'arm@4.11', '--plugin'], 'mjs'],
]

describe.runIf(process.platform === 'linux').each(Object.entries(ODD))('%s', (what, make) => {
  const kind = what.replaceAll(' ', '-')

  test.each(PLACES.map((place) => [place[0].join(' '), place[1], place] as const))(
    '%s FILE.%s',
    async (_what, suffix, [before, , after = []]) => {
      const name = `${kind}.${suffix}`
      rmSync(join(folder, name), { recursive: true, force: true })
      make(join(folder, name))
      const { code, out, err } = await dmalabWith({ cwd: folder }, ...before, `./${name}`, ...after)
      expect({ code, out: out.slice(0, 200) }).toEqual({ code: 2, out: '' })
      const [line = '', ...more] = err.trimEnd().split('\n')
      expect(line).toMatch(new RegExp(`^error: (\\./)?${name}(/package\\.json)?: `))
      expect(more.filter((other) => !other.startsWith('hint: '))).toEqual([])
    },
  )
})
