// Plug-ins end to end: the examples, packed, installed into a fresh home and run; and bad ones, refused.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunReport } from '@dmalab/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry } from '@dmalab/lab/node'

const ROOT = join(import.meta.dirname, '../..')
const CLI = join(ROOT, 'apps/cli/bin/run.js')
const EXAMPLES = join(ROOT, 'examples/plugins')
const home = mkdtempSync(join(tmpdir(), 'dmalab-home-'))
afterAll(() => rmSync(home, { recursive: true }))

const env = {
  ...process.env,
  HOME: home,
  XDG_DATA_HOME: join(home, 'data'),
  XDG_CONFIG_HOME: join(home, 'config'),
  XDG_CACHE_HOME: join(home, 'cache'),
  // Plug-ins without dependencies need no registry.
  npm_config_offline: 'true',
}
const dmalab = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr }
}

/** What it printed. @throws Error when it failed: the set-up of a test */
const must = ({ status, stdout, stderr }: Pick<ReturnType<typeof dmalab>, 'status' | 'stdout' | 'stderr'>): string => {
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`)
  return stdout
}

/** A plug-in package in the fresh home, of one file. */
const write = (name: string, source: string, packageJson: Record<string, unknown> = {}): string => {
  const folder = join(home, name)
  mkdirSync(folder)
  const manifest = { name, version: '1.0.0', type: 'module', oclif: {}, dmalab: { api: 2, entry: './index.mjs' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, ...packageJson }))
  writeFileSync(join(folder, 'index.mjs'), source)
  return folder
}

describe('a path that leads to no plug-in is bad input, not a name to look for on the network', () => {
  test.each([
    ['a file that is not there', './absent-1.0.0.tgz', /there is no such file/],
    ['a file of another kind', import.meta.filename, /a tarball \(npm pack\) or a folder/],
    ['a folder without a manifest', home, /without a package.json/],
  ])('%s', (_what, path, says) => {
    const { status, stderr } = dmalab('plugins', 'install', path)
    expect(status).toBe(2)
    expect(stderr.replaceAll(/\s*\n \u203A +/g, ' ')).toMatch(says)
  })
})

describe('installed into a fresh home', () => {
  const kinds = readdirSync(EXAMPLES)

  let tarballs: readonly string[] = []
  beforeAll(() => {
    const packed = spawnSync(
      'npm',
      ['pack', '--silent', '--pack-destination', home, ...kinds.map((kind) => join(EXAMPLES, kind))],
      { encoding: 'utf8', env },
    )
    tarballs = must(packed)
      .trim()
      .split('\n')
      .map((name) => join(home, name))
  }, 180_000)
  // Several at once, and more of them beside those that are there.
  beforeAll(() => void must(dmalab('plugins', 'install', ...tarballs.slice(0, 4))), 180_000)
  beforeAll(() => void must(dmalab('plugins', 'install', ...tarballs.slice(4))), 180_000)

  test('every kind of plug-in has an example', () => {
    expect(kinds).toEqual(['allocator', 'board', 'checker-rule', 'driver', 'op-table', 'patch', 'riscv64'])
  })

  test('one run takes its kernel, op table, board, driver, allocator and checker rule from five of them', () => {
    const line = 'v4l2src io-mode=dmabuf ! kmssink'
    const onBoard = ['run', line, '--board', 'tiny-camera', '--kernel', 'arm-alias@4.11', '--frames', '3', '--json']
    const { status, stdout, stderr } = dmalab(...onBoard)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [run] = (JSON.parse(stdout) as RunReport).runs
    expect(run).toMatchObject({ verdict: 'works', frames: { delivered: 3, intact: 3 } })
    expect(run?.findings.filter(({ code }) => code === 'mapped-budget').map(({ device }) => device)).toEqual([
      'camera',
      'panel',
    ])
    expect(run?.cache.writtenBack).toBeGreaterThan(0)
  })

  test("the user's RFC gives the founding pipeline the verdict and the costs of the built-in one", () => {
    const kernels = ['arm@4.11', 'arm@4.11+my-nopage', 'arm@4.11+nopage-rfc'].flatMap((kernel) => ['--kernel', kernel])
    const { stdout } = dmalab('compare', 'founding', '--frames', '2', '--json', ...kernels)
    const [before, mine, builtIn] = (JSON.parse(stdout) as RunReport).runs
    expect(before?.verdict).toBe('fault')
    expect(mine?.verdict).toBe('works')
    expect({ ...mine, kernel: '' }).toEqual({ ...builtIn, kernel: '' })
  })

  test('what they bring is listed, and works with the other commands', () => {
    expect(dmalab('kernel', 'list').stdout).toMatch(/arm-alias@4\.11[^]*\+my-nopage/)
    expect(dmalab('board', 'list').stdout).toContain('tiny-camera')
    expect(dmalab('pipeline', 'parse', 'v4l2src ! kmssink', '--board', 'tiny-camera').stdout).toContain('camera')
  })

  test('given as well as installed it is loaded once, as given', () => {
    const installed = join(home, 'data/dmalab/node_modules/dmalab-example-board')
    expect(dmalab('kernel', 'list', '--plugin', installed)).toMatchObject({ status: 0, stderr: '' })
  })

  describe('with a broken one linked beside them', () => {
    beforeAll(() => {
      const folder = write('from-tomorrow', `throw new Error('needs a later dmalab')`, {
        dmalab: { api: 3, entry: './index.mjs' },
      })
      must(dmalab('plugins', 'link', '--no-install', folder))
    })

    test('a command says what, where and how to fix it, and works with the others', () => {
      const { status, stdout, stderr } = dmalab('kernel', 'list')
      expect(status).toBe(0)
      expect(stdout).toContain('arm-alias@4.11')
      expect(stderr).toContain('plug-in left out: from-tomorrow: follows plug-in contract 3, this is contract 2')
      expect(stderr).toContain('install a newer dmalab; or remove it with: dmalab plugins uninstall from-tomorrow')
    })

    test('--json stays JSON', () => {
      expect(JSON.parse(dmalab('kernel', 'list', '--json').stdout)).toHaveProperty('kernels')
    })

    test('a command that uses no plug-ins does not mention it', () => {
      expect(dmalab('record', '--script').stderr).not.toContain('plug-in left out')
    })
  })
})

describe('a bad plug-in is refused with what, where and how to fix it', () => {
  const good = `name: 'p', title: 't', source: 's', hunks: []`
  const cases: readonly (readonly [
    what: string,
    source: string,
    says: RegExp,
    packageJson?: Record<string, unknown>,
  ])[] = [
    [
      'older-contract',
      '',
      /older-contract: follows plug-in contract 1, this is contract 2/,
      { dmalab: { api: 1, entry: './index.mjs' } },
    ],
    ['no-number', '', /does not say which plug-in contract/, { dmalab: { entry: './index.mjs' } }],
    ['no-manifest', '', /package\.json: has no "dmalab" manifest with an entry/, { dmalab: undefined }],
    [
      'entry-missing',
      '',
      /package\.json: dmalab\.entry names '\.\/dist\/x\.js', which is not there/,
      { dmalab: { api: 2, entry: './dist/x.js' } },
    ],
    ['no-export', 'export const x = 1', /no-export: has no default export that is a function/],
    ['throws-on-load', `throw new Error('no such luck')`, /throws-on-load: throws when it is loaded: no such luck/],
    [
      'throws-when-called',
      `export default () => { throw new Error('not today') }`,
      /its default export throws: not today/,
    ],
    ['no-plugin', 'export default () => 7', /does not return a plug-in with a name/],
    [
      'misspelt-kind',
      `export default () => ({ name: 'm', patchs: [] })`,
      /brings 'patchs', which is not a kind of plug-in/,
    ],
    ['no-list', `export default () => ({ name: 'm', patches: {} })`, /'patches' of plug-in m must be an array/],
    [
      'name-taken',
      `export default () => ({ name: 'm', patches: [{ ${good.replace(`'p'`, `'nopage-rfc'`)} }] })`,
      /name-taken: patch 'nopage-rfc' of plug-in m is already there: plug-in @dmalab\/patches brought it/,
    ],
    [
      'twice',
      `export default () => ({ name: 'm', patches: [{ ${good} }, { ${good} }] })`,
      /plug-in m brings 'p' twice/,
    ],
    [
      'no-hunks',
      `export default () => ({ name: 'm', patches: [{ name: 'p', title: 't', source: 's' }] })`,
      /patch 'p' of plug-in m lacks 'hunks'/,
    ],
    [
      'patches-a-table',
      `export default () => ({ name: 'm', patches: [{ ${good}, ops: { arm: (next) => next } }] })`,
      /patch 'p' of plug-in m has 'ops', which is not a member of a patch/,
    ],
    [
      'no-attach',
      `export default () => ({ name: 'm', ops: [{ name: 'o', source: 's', caps: {}, symbols: {} }] })`,
      /op table 'o' of plug-in m lacks 'attach'/,
    ],
    [
      'half-caps',
      `export default () => ({ name: 'm', allocators: [{ name: 'a', source: 's', caps: { dma: true, userptr: 1 }, create() {} }] })`,
      /caps of allocator 'a' of plug-in m lacks 'contiguous'/,
    ],
    [
      'bad-board',
      `export default () => ({ name: 'm', boards: [{ file: 'b.yaml', text: 'name: b\\ntitle: t\\narch: vax\\ncpu: {lineSize: 64, aliasing: false}\\nmemory: [{base: 0, len: 1MiB}]' }] })`,
      /bad-board\/b\.yaml:3:7: arch/,
    ],
  ]

  test.each(cases.map(([name, ...rest]) => ({ name, rest })))(
    '$name',
    async ({ name, rest: [source, says, packageJson] }) => {
      const folder = write(name, source, packageJson)
      await expect(openRegistry({ given: [folder] })).rejects.toThrow(says)
    },
  )

  test('nothing of it stays when one of its names is taken', async () => {
    const folder = write(
      'half',
      `export default () => ({ name: 'half', patches: [{ ${good} }, { ${good.replace(`'p'`, `'pfn-valid'`)} }] })`,
    )
    const said: string[] = []
    const registry = await openRegistry({
      installed: [{ name: 'half', root: folder }],
      onBroken: (name, { message }) => said.push(`${name} | ${message}`),
    })
    expect(registry.patches.has('p')).toBe(false)
    expect(said).toEqual([
      "half | half: patch 'pfn-valid' of plug-in half is already there: plug-in @dmalab/patches brought it",
    ])
  })

  test('with --plugin the exit code is 2 and nothing else is printed', () => {
    const { status, stdout, stderr } = dmalab('run', 'founding', '--plugin', join(home, 'misspelt-kind'))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('error: ')
    expect(stderr).toContain("brings 'patchs', which is not a kind of plug-in")
    expect(stderr).toContain('hint: kinds: arches, kernels, ops, patches, allocators, drivers, boards, checkerRules')
  })
})
