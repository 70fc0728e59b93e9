// Completion: what can stand at the cursor, and the shells that are here doing it for real.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
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

/** The lines that shells complete, each to one candidate: a command, a flag, a board, a kernel, a patch, an element, a code, a value. */
const LINES = {
  'dmalab kern': 'dmalab kernel',
  'dmalab kernel sh': 'dmalab kernel show',
  'dmalab run founding --boar': 'dmalab run founding --board',
  'dmalab run founding --board rk3399': 'dmalab run founding --board rk3399-rockpro64',
  'dmalab kernel show riscv64@6.18': 'dmalab kernel show riscv64@6.18',
  'dmalab run founding --kernel arm@4.11+pfn-valid+nop': 'dmalab run founding --kernel arm@4.11+pfn-valid+nopage-rfc',
  "dmalab run 'v4l2src ! kmss": "dmalab run 'v4l2src ! kmssink'",
  'dmalab explain leak-map': 'dmalab explain leak-mapping',
  'dmalab run founding --assume dr': 'dmalab run founding --assume driver',
} as const

/** A folder with a `dmalab` that answers these lines, in shell: what shells do with the answers is tested here, not how long node starts. */
const answering = async (folder: string, shell: string, ...flags: readonly string[]): Promise<void> => {
  const hex = (text: string): string => Buffer.from(text).toString('hex')
  for (const line of Object.keys(LINES))
    writeFileSync(join(folder, hex(line)), (await dmalab('complete', ...flags, '--', line)).out)
  writeFileSync(join(folder, 'script'), (await dmalab('completion', shell)).out)
  const program = `#!/bin/sh
for last; do :; done
[ "$1" = completion ] && exec cat '${folder}/script'
exec cat "${folder}/$(printf %s "$last" | od -An -v -tx1 | tr -d ' \n')"
`
  writeFileSync(join(folder, 'dmalab'), program, { mode: 0o755 })
}

const hasShell = (name: string): boolean => spawnSync(name, ['-c', ':']).status === 0

describe('the script of a shell, loaded there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dmalab-shells-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const shellWith = async (shell: string, args: readonly string[], ...flags: readonly string[]): Promise<string[]> => {
    const own = join(folder, shell)
    mkdirSync(own, { recursive: true })
    await answering(own, shell, ...flags)
    const env = {
      ...process.env,
      HOME: own,
      XDG_CONFIG_HOME: own,
      PATH: `${own}:${process.env['PATH'] ?? ''}`,
      TERM: 'dumb',
    }
    return execFileSync(shell, args, { encoding: 'utf8', env, cwd: own, timeout: 30_000 }).trimEnd().split('\n')
  }
  const words = Object.keys(LINES)

  test('bash completes every kind of name', async () => {
    // Words end at the breaks of readline; the function gets the line, and the last of them.
    const script = `eval "$(dmalab completion bash)"
      COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
      for COMP_LINE; do
        COMP_POINT=\${#COMP_LINE}; COMP_WORDS=("\${COMP_LINE##*[ @]}"); COMP_CWORD=0
        _dmalab; printf '%s\\n' "\${COMPREPLY[0]}"
      done`
    const breaks = ['--breaks', ' \t\n"\'@><=;|&(:']
    const got = await shellWith('bash', ['-c', script, 'bash', ...words], ...breaks)
    const whole = words.map((line, i) => {
      const cut = line.includes("'") ? line.indexOf("'") + 1 : line.search(/[^ @]*$/)
      return `${line.slice(0, cut)}${got[i] ?? ''}${line.includes("'") ? "'" : ''}`
    })
    expect(whole).toEqual(Object.values(LINES))
  })

  test.skipIf(!hasShell('fish'))('fish completes every kind of name', async () => {
    const script = 'dmalab completion fish | source; for line in $argv; complete -C $line; end'
    const got = await shellWith('fish', ['--no-config', '-c', script, ...words])
    expect(got.map((one) => one.split('\t')[0])).toEqual(
      Object.values(LINES).map((line) =>
        line.includes("'") ? line.slice(line.indexOf("'") + 1, -1) : line.replace(/.* /, ''),
      ),
    )
  })

  test.skipIf(!hasShell('zsh')).each(['a folder of fpath', 'eval'])(
    'zsh completes every kind of name: by %s',
    async (way) => {
      const load = way === 'eval' ? 'eval "$(dmalab completion zsh)"' : ':'
      const fpath = way === 'eval' ? '' : 'cp script _dmalab; fpath=($PWD $fpath); '
      const script = `zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z 'PS1=; PS2=; ${fpath}autoload -Uz compinit; compinit -u -D; ${load}; show() { print -r -- "<<$BUFFER>>"; BUFFER= }; zle -N show; bindkey "^T" show; print rea""dy'
      zpty -r z got '*ready*'
      for line; do
        zpty -w -n z "$line"$'\\t\\x14'
        zpty -r z got '*<<*>>*'
        print -r -- "\${\${got##*<<}%%>>*}"
      done
      zpty -d z`
      const got = await shellWith('zsh', ['-f', '-c', script, 'zsh', ...words])
      expect(got.map((line) => line.trimEnd())).toEqual(Object.values(LINES))
    },
  )
})
