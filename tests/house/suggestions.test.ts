// Every command that dmalab suggests can be given as it stands: in reports, in messages about bad input, in texts and in documents.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everyName, explain } from '@dmalab/lab'
import { dmalabWith, type Ended } from '../../apps/cli/test/dmalab.ts'
import { sources } from './house.ts'

const ROOT = join(import.meta.dirname, '../..')
const CLI = join(ROOT, 'apps/cli/bin/run.js')
/** Device trees that a fresh clone does not have. */
const TREES = join(ROOT, '../shared/boards')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
// Where shells look for completions of a user's own.
for (const place of ['.zsh', '.config/fish/completions']) mkdirSync(join(folder, place), { recursive: true })
for (const part of ['examples', 'scenarios', 'tests']) symlinkSync(join(ROOT, part), join(folder, part))

/** As a shell takes it; what `dmalab` or `npm start --` starts is this build. */
const shell = async (command: string, input = ''): Promise<Ended> => {
  const line = command.replace(/^(dmalab|npm start --) /, '')
  // Pipes and files are the shell's business: such a line gets processes.
  if (/[|<>;&]/.test(line.replaceAll(/"[^"]*"|'[^']*'/g, ''))) return spawned(`"${process.execPath}" "${CLI}" ${line}`)
  return dmalabWith({ cwd: folder, input }, ...wordsOf(line))
}
const spawned = (line: string): Ended => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  })
  return { code: status ?? 1, out: stdout, err: stderr }
}
/** The words that a shell makes of a line. Of many files that a pattern names the first is enough. */
const wordsOf = (line: string): string[] => {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${line}`], { cwd: folder, encoding: 'utf8' })
  const words = stdout.split('\0').slice(0, -1)
  const [pattern] = /\S+\*\S*/.exec(line.replaceAll(/"[^"]*"|'[^']*'/g, '')) ?? []
  if (pattern === undefined) return words
  const [start = '', end = ''] = pattern.split('*')
  const named = words.filter((word) => word.startsWith(start) && word.endsWith(end))
  return words.filter((word) => !named.slice(1).includes(word))
}
/** `ran`, whatever came of it: the input was fine; else what the command said. */
const outcome = async (command: string, input = ''): Promise<string> => {
  const { code, out, err } = await shell(command, input)
  return code === 0 || code === 3 ? 'ran' : `${command}\n${out}${err}`
}

describe('board show gives a line to try', () => {
  const suggested = (text: string): string => /^ {2}(dmalab .*)$/m.exec(text)?.[1] ?? `nothing in\n${text}`
  const own = 'scenarios/boards/virt-arm64.yaml'

  test.each(['odroid-xu4-2017', 'rk3399-rockpro64', 'apm-mustang', 'k3-am625-sk', own])('for %s', async (board) => {
    const command = suggested((await shell(`dmalab board show ${board}`)).out)
    expect(command).toContain(`--board ${board}`)
    expect(await outcome(command)).toBe('ran')
  })

  test('for a board from standard input', async () => {
    const text = readFileSync(join(folder, own), 'utf8')
    expect(await outcome(suggested((await shell('dmalab board show -', text)).out), text)).toBe('ran')
  })

  test('or says why there is none', async () => {
    const { code, out } = await shell('dmalab board show jh7110-visionfive-2')
    expect(code === 0 ? out : '').not.toContain('dmalab run')
  })
})

describe('a line that a board cannot run is answered with one that it can', () => {
  test.each([
    'dmalab run "v4l2h264dec ! kmssink" --board apm-mustang',
    'dmalab run "v4l2h264dec ! kmssink" --board scenarios/boards/virt-arm64.yaml --frames 2',
    'dmalab compare "v4l2h264dec ! kmssink" --board apm-mustang',
    'dmalab run "playbin uri=file:///a.mp4" --board rk3399-rockpro64 --kernel arm64@6.12 --cmdline swiotlb=force',
    'dmalab pipeline parse "v4l2h264dec ! kmssink" --board apm-mustang',
  ])('%s', async (command) => {
    const { code, out, err } = await shell(command)
    const text = `${out}${err}`
    expect(code).toBe(2)
    const next = /a line for this board: (dmalab .*)$/m.exec(text)?.[1] ?? `nothing in\n${text}`
    for (const word of command.matchAll(/--(?:board|frames|kernel|cmdline) \S+/g)) expect(next).toContain(word[0])
    expect(await outcome(next)).toBe('ran')
  })
})

describe('what a report or a refusal suggests can be given as it stands', () => {
  /** Whole commands, and flags that go with the command that was given. */
  const suggestedBy = (given: string, text: string): string[] => [
    ...[...text.matchAll(/: (dmalab (?:run|compare) .*)$/gm)].map(([, command = '']) => command),
    ...[...text.replaceAll(/\n +/g, ' ').matchAll(/--bind [\w.-]+=[\w.-]+/g)].map(([flag]) => `${given} ${flag}`),
  ]

  test.each([
    ['an element that is not known', 'dmalab run "v4lsrc ! kmssink" --board bcm2711-rpi-4-b --frames 1'],
    [
      'elements of a vendor',
      'dmalab run "filesrc ! h264parse ! vpudec ! acmescale ! waylandsink" --board imx8mp-evk --frames 1',
    ],
    ['an element that chooses', 'dmalab run "v4l2src ! autovideosink" --board bcm2711-rpi-4-b --frames 1'],
    [
      'several kernels',
      'dmalab compare "v4l2src ! glimagesink" --board odroid-u3 --kernel arm@4.11 --kernel arm@6.12 --bind v4l2src=vivid --frames 1',
    ],
    ['no camera', 'dmalab run "v4l2src ! kmssink" --board imx8mp-evk --frames 1'],
    ['nothing of DMA', 'dmalab run "videotestsrc ! fakesink" --board imx8mp-evk --frames 1'],
  ])('%s', async (_what, given) => {
    const { out, err } = await shell(given)
    const commands = [...new Set(suggestedBy(given, `${out}\n${err}`))]
    expect(commands).not.toEqual([])
    for (const command of commands) expect(await outcome(command)).toBe('ran')
  })
})

describe('whatever a command prints of further commands', () => {
  /** One a kind of command and of refusal; what they write is there for those that follow. */
  const GIVEN: readonly string[] = [
    'run founding --kernel arm@4.11+nopage-rfc --frames 1 --ftrace run.trace',
    'run founding --board nosuch',
    'run founding --kernel arm@4.12 --frames 1',
    'run "v4l2src ! kmssink" --board bcm2711-rpi-4-b --cmdline cma=4M --size 1920x1080 --frames 1',
    'run "v4l2src ! kmssink"',
    'run --bogus',
    'compare founding --frames 1',
    'board list',
    'board show odroid-u3',
    'board lint odroid-u3',
    'board facts scenarios/boards/virt-arm64.yaml',
    'kernel show arm@4.13',
    'kernel diff arm@4.11 arm@6.12',
    'trace check run.trace',
    'trace check kernel.log',
    'trace stats run.trace',
    'trace replay run.trace',
    'trace replay run.trace --board odroid-xu4-2017',
    'diagnose kernel.log',
    'diagnose run.trace',
    'diagnose --symptom green-frames --board odroid-u3',
    'explain --dmesg kernel.log',
    'explain nosuch',
    'explain F-07',
    'explain swiotlb-full',
    'sweep sweep.yaml',
    'sweep --board bcm2711-rpi-4-b --kernel arm64@6.12 --scenario founding --frames 1',
    'pipeline parse "v4lsrc ! kmssink"',
    'conform tests/golden/sg-layout.json',
    'explore --kernel arm@4.11+nopage-rfc --configurations single --only importer=iommu --depth 3 --states 6 --out found',
    'record',
    'bogus',
  ]
  writeFileSync(
    join(folder, 'kernel.log'),
    '[    1.0] contiguous chunk is too small 4096/691200\n[    2.0] cma: cma_alloc: reserved: alloc failed, req-size: 4096 pages, ret: -12\n[    3.0] DMA-API: codec 1.c: device driver failed to check map error\n',
  )
  writeFileSync(
    join(folder, 'sweep.yaml'),
    'sweep: 1\nname: two boards\nwork: founding\nframes: 1\nsize: [64x32]\nboard: [odroid-xu4-2017, apm-mustang]\nkernel: [arm@4.11, arm64@6.12]\n',
  )
  /** As a person copies it: without what stands around it. */
  const commandsIn = (text: string): readonly string[] =>
    [...text.matchAll(/(?:dmalab|npm start --) (?:-|[a-z])[^\n`]*/g)]
      .map(([command]) => command.replace(/ lists (?:arguments and flags|all .*)$| {4}\(.*$|\).*$/, '').trim())
      // A name in capitals is for the reader to fill in; what `record` prints is a script of its own.
      .filter((command) => !/\b[A-Z]{3,}\b(?!=)/.test(command.replaceAll(/'[^']*'/g, '')))

  const tried = new Set<string>()
  test.each(GIVEN)('of `dmalab %s` can be given as it stands', async (given) => {
    const { out, err } = await shell(`dmalab ${given}`)
    const failed: string[] = []
    for (const command of commandsIn(`${out}\n${err}`)) {
      if (tried.has(command)) continue
      tried.add(command)
      const came = await outcome(command)
      // A point of a sweep that a board cannot run: its command says why, and what the board runs.
      if (came !== 'ran' && !came.includes('\na line for this board: dmalab run ')) failed.push(came)
    }
    expect(failed).toEqual([])
  })
  test('is more than a few commands', () => expect(tried.size).toBeGreaterThan(12))

  test('also what is said in explanations', () => {
    const words = everyName().flatMap((name) => commandsIn(JSON.stringify(explain(name), null, 1)))
    const known = (command: string): boolean => {
      const [, verb = '', next = ''] = command.replaceAll(/["',]+$/g, '').split(' ')
      return [[verb], [verb, next]].some((path) =>
        existsSync(join(ROOT, 'apps/cli/src/commands', `${path.join('/')}.ts`)),
      )
    }
    expect(words.length).toBeGreaterThan(30)
    expect(words.filter((command) => !known(command))).toEqual([])
  })
})

test('the founding comparison ends with the next step', async () => {
  const next = /^Next: (dmalab .*?) {4}/m.exec((await shell('dmalab compare founding')).out)?.[1]
  expect(await outcome(next ?? 'nothing')).toBe('ran')
})

describe('documents', () => {
  const needsTree = !existsSync(TREES)
  if (!needsTree) copyFileSync(join(TREES, 'imx8mp-evk.dtb'), join(folder, 'my.dtb'))
  writeFileSync(join(folder, 'iomem.txt'), '00100000-7fffffff : System RAM\n90000000-dfffffff : PCI Bus 0000:00\n')
  writeFileSync(
    join(folder, 'lspci.txt'),
    '01:00.0 Non-Volatile memory controller: A disk\n\tKernel driver in use: nvme\n',
  )
  beforeAll(() => shell('dmalab run founding --kernel arm@4.11+nopage-rfc --frames 1 --ftrace my.trace'))
  const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((page) => join('docs', page))]
  const commands = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) => [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^ {4}((?:dmalab|npm start --) .*)$/gm)])
    .map(([, text = '']) => text.replace(/ {2,}#.*/, '').trim())
    // The tree of the computer that runs this.
    .filter((command) => !command.includes('/sys/'))

  test.each(commands.filter((command) => !needsTree || !command.includes('my.dtb')))('%s', async (command) => {
    expect(await outcome(command)).toBe('ran')
  })

  test('there are some', () => {
    expect(commands.length).toBeGreaterThan(15)
  })
})

test('commands that texts and messages name exist', () => {
  const known = (words: readonly string[]): boolean =>
    existsSync(join(ROOT, 'apps/cli/src/commands', `${words.join('/')}.ts`))
  const named = sources.flatMap(({ path, code }) =>
    [...code.matchAll(/`?dmalab ((?:board|kernel|trace|pipeline|bench) [a-z]+|run|compare|explain|conform)\b/g)]
      .map(([, words = '']) => words.split(' '))
      .filter((words) => !known(words))
      .map((words) => `${path}: dmalab ${words.join(' ')}`),
  )
  expect(named).toEqual([])
})
