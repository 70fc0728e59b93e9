// A user: an empty folder outside the workspace, packages installed by plain npm, and each way to use them.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ROOT } from './tarballs.mjs'

/** What a user of the test kit and of the types brings; the oldest TypeScript that is promised. */
const BESIDE = ['vitest@4.1.12', 'typescript@5.9.3', '@types/node@20.19.43']
/** Nothing is skipped, and nothing but ESM is read. */
const tsconfig = (resolution) => ({
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    ...resolution,
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  },
  files: ['entries.ts', 'typed.ts'],
})
const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
]
/** What `npm install dmalab` costs, with the plug-in manager's own npm and yarn. */
const INSTALLED_MB = 100

export const useAsUser = (tarballs, tell) => {
  const folder = mkdtempSync(join(tmpdir(), 'dmalab-user-'))
  const home = join(folder, 'home')
  const env = {
    ...process.env,
    // npm and the package manager set these for what they start, and the user's own npm would read them.
    ...Object.fromEntries(
      Object.keys(process.env)
        .filter((key) => /^npm_|^PNPM|^NODE_PATH$/i.test(key))
        .map((key) => [key, undefined]),
    ),
    DMALAB_DATA_DIR: join(home, 'data'),
    DMALAB_CONFIG_DIR: join(home, 'config'),
    DMALAB_CACHE_DIR: join(home, 'cache'),
    NO_COLOR: '1',
  }
  const npm = (where, ...args) => {
    const { status, stdout } = spawnSync(
      'npm',
      ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...args],
      { cwd: where, env, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`npm ${args.join(' ')} in ${where}: exit ${status}\n${stdout}`)
    return stdout
  }
  const program = (file) => join(folder, 'node_modules', file)
  /** Runs a program of the folder with this Node; other exit codes than `code`, and warnings, are a fault. */
  const node = (code, ...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' })
    if (status !== code || /warning/i.test(stderr))
      throw new Error(`${args.join(' ')}: exit ${status} instead of ${code}\n${stdout}${stderr}`)
    return stdout
  }
  /** A line as a user types it, with the program that is installed here. */
  const shell = (code, where, line) => {
    const PATH = `${program('.bin')}${delimiter}${process.env.PATH}`
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
      cwd: where,
      env: { ...env, PATH },
      encoding: 'utf8',
    })
    if (status !== code) throw new Error(`${line} in ${where}: exit ${status} instead of ${code}\n${stdout}${stderr}`)
  }
  const dmalab = (code, ...args) => node(code, program('dmalab/bin/run.js'), ...args)
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    npm(folder, 'install', ...tarballs.map(({ file }) => file))
    const megabytes = sizeOf(join(folder, 'node_modules')) / 2 ** 20
    tell(`installed: ${megabytes.toFixed(0)} MB, of ${INSTALLED_MB} MB allowed`)
    if (megabytes > INSTALLED_MB) throw new Error('the installation is larger than allowed')
    npm(folder, 'install', '--save-dev', ...BESIDE)

    const [{ version }] = tarballs.filter(({ manifest }) => manifest.name === 'dmalab').map(({ manifest }) => manifest)
    expect(dmalab(0, '--version').startsWith(`dmalab/${version} `), 'dmalab --version names the version')
    dmalab(3, 'run', 'founding', '--kernel', 'arm@4.11')
    expect(JSON.parse(dmalab(0, 'compare', 'founding', '--json')).runs.length === 4, 'compare runs four kernels')
    tell('the command: run, compare')

    cpSync(join(ROOT, 'scripts/pack/user'), folder, { recursive: true })
    expect(node(0, 'library.mjs').trim() === 'fault 4 fault', `library.mjs prints ${node(0, 'library.mjs')}`)
    tell('the library: dmalab and @dmalab/lab')

    // Every entry of every package, read by TypeScript with nothing skipped.
    const entries = tarballs.flatMap(({ manifest }) =>
      Object.keys(manifest.exports).map((entry) => `${manifest.name}${entry.slice(1)}`),
    )
    writeFileSync(join(folder, 'entries.ts'), entries.map((entry, i) => `export * as e${i} from '${entry}'\n`).join(''))
    for (const resolution of RESOLUTIONS) {
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig(resolution)))
      node(0, program('typescript/bin/tsc'), '-p', 'tsconfig.json')
    }
    const ways = RESOLUTIONS.map((one) => one.moduleResolution ?? one.module).join(', ')
    tell(`the types: ${entries.length} entries, by TypeScript ${BESIDE[1].split('@')[1]} (${ways})`)

    const plugin = join(folder, 'plug-in')
    cpSync(join(ROOT, 'examples/plugins/patch'), plugin, { recursive: true })
    const packed = npm(plugin, 'pack', '--silent').trim()
    dmalab(0, 'plugins', 'install', `./plug-in/${packed}`)
    const kernels = ['arm@4.11', 'arm@4.11+my-nopage'].flatMap((kernel) => ['--kernel', kernel])
    const { runs } = JSON.parse(dmalab(0, 'compare', 'founding', '--json', ...kernels))
    expect(runs.map(({ verdict }) => verdict).join() === 'fault,works', 'the plug-in changes what the kernel does')
    dmalab(0, 'plugins', 'uninstall', JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8')).name)
    dmalab(2, 'kernel', 'show', 'arm@4.11+my-nopage')
    tell('a plug-in: installed, used, uninstalled')

    node(0, program('vitest/vitest.mjs'), 'run', 'kit.test.ts')
    tell('the test kit: on that plug-in')

    // Each kind of project, as its README says, command by command: built, run, tested, packed, installed, run, uninstalled.
    for (const [kind, code] of Object.entries(PROJECTS)) {
      const name = `my-${kind}`
      dmalab(0, 'generate', kind, name)
      const project = join(folder, name)
      // What `npm install` there would bring.
      symlinkSync(join(folder, 'node_modules'), join(project, 'node_modules'))
      const lines = commandsIn(readFileSync(join(project, 'README.md'), 'utf8')).filter(
        (line) => line !== 'npm install',
      )
      for (const line of lines) shell(line.startsWith('dmalab run ') ? code : 0, project, line)
      tell(`generate ${kind}: the ${lines.length} commands of its README`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The exit code of the run that shows a project of each kind at work: the patch refuses what the report is about. */
const PROJECTS = { arch: 0, kernel: 0, allocator: 0, patch: 3, board: 0, driver: 0, check: 0 }

/** What stands in by four blanks. */
const commandsIn = (text) => text.split('\n').flatMap((line) => (/^ {4}\S/.test(line) ? [line.trim()] : []))

const expect = (holds, what) => {
  if (!holds) throw new Error(`not so: ${what}`)
}

const sizeOf = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
