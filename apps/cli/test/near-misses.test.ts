// A name that is nearly right is answered with the right one, wherever a user can type it: in arguments, flags and files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalab } from './dmalab.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-near-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileOf = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const LINE = 'v4l2src ! kmssink'
const ON = ['--board', 'odroid-u3', '--kernel', 'arm@6.12']

describe('a name of the command line', () => {
  test.each([
    ['command', ['kernl', 'list'], 'dmalab kernel list'],
    ['command, with arguments', ['kernel', 'sho', 'arm@6.12'], 'dmalab kernel show'],
    ['command of a long name', ['pipeline', 'prase', LINE], 'dmalab pipeline parse'],
    ['command of oclif', ['plugins', 'instal', 'x'], 'dmalab plugins install'],
    ['help of a topic', ['help', 'kernl', 'show'], 'dmalab kernel show'],
    ['help of a topic alone', ['kernl', '--help'], 'dmalab kernel'],
    ['help of a command', ['explian', '--help'], 'dmalab explain'],
    ['flag', ['run', LINE, '--memroy', '2GiB'], '--memory'],
    ['flag of every command', ['run', LINE, '--jso'], '--json'],
    ['value of a flag', ['run', LINE, '--assume', 'drver'], 'driver'],
    ['value of an argument', ['generate', 'patchh', 'x'], 'patch'],
    ['shell', ['completion', 'fsh'], 'fish'],
    ['kind of file', ['schema', 'swep'], 'sweep'],
    ['command in a flag', ['schema', '--command', 'rnu'], 'run'],
    ['scenario', ['run', 'foundin'], 'founding'],
    ['line of a sweep', ['sweep', 'suggestd', ...ON], 'suggested'],
    ['board', ['run', LINE, '--board', 'odroid-3u'], 'odroid-u3'],
    ['board', ['board', 'show', 'imx8mp-ekv'], 'imx8mp-evk'],
    ['architecture', ['kernel', 'show', 'amr@6.12'], 'arm@6.12'],
    ['patch', ['kernel', 'show', 'arm@6.12+fix-sg-splt'], 'fix-sg-split'],
    ['patch of another kernel', ['kernel', 'show', 'arm64@6.12+pfn-vald'], 'pfn-valid'],
    ['configuration', ['run', LINE, ...ON, '--config', 'DMABUF_DEBG'], 'DMABUF_DEBUG'],
    ['parameter', ['run', LINE, ...ON, '--cmdline', 'coherent_pol=1M'], 'coherent_pool'],
    ['element of --bind', ['run', LINE, ...ON, '--bind', 'v4l2sr=vivid'], 'v4l2src'],
    ['device of --bind', ['run', LINE, ...ON, '--bind', 'v4l2src=convertr'], 'converter'],
    ['virtual device of --bind', ['run', LINE, ...ON, '--bind', 'v4l2src=vivd'], 'vivid'],
    ['device of --device', ['bench', 'map', ...ON, '--device', 'displya'], 'display'],
    ['device of --devices', ['explore', ...ON, '--devices', 'displya,converter'], 'display'],
    ['element', ['pipeline', 'parse', 'filesrc ! h264prase ! fakesink'], 'h264parse'],
    ['property', ['run', 'v4l2src io-mod=dmabuf ! kmssink', ...ON], 'io-mode'],
    ['format', ['run', 'v4l2src ! video/x-raw,format=NV21x ! kmssink', ...ON], 'NV21'],
    ['finding', ['explain', 'stale-raed'], 'stale-read'],
    ['failure', ['explain', 'F-077'], 'F-07'],
    ['errno', ['explain', 'EINVL'], 'EINVAL'],
    ['symptom', ['diagnose', '--symptom', 'green-frame'], 'green-frames'],
  ])('%s', async (_what, words, meant) => {
    const { out, err } = await dmalab(...words)
    expect(`${err}${out}`).toMatch(/did you mean/)
    expect(`${err}${out}`.split('did you mean')[1]).toContain(meant)
  })

  test.each(['arm@6,12', 'arm@6.x', 'arm@1e3', 'arm@abc', 'arm@', 'arm@6.12+', '6..12'])(
    '%s is no kernel',
    async (kernel) => {
      expect(await dmalab('kernel', 'show', kernel)).toMatchObject({ code: 2, out: '' })
    },
  )
})

describe('a word that is something else', () => {
  const odd = fileOf('odd', '')
  test.each([
    [
      'a file that is no scenario by its name',
      ['run', odd],
      /^error: \S+odd: this is no pipeline, .*\nhint: .* \.yaml/,
    ],
    ['a folder', ['compare', folder], /this is no pipeline, and no scenario by its name/],
    ['a file among the work of a sweep', ['sweep', odd], /this is no pipeline, and no scenario by its name/],
    ['an empty scenario', ['run', fileOf('empty.yaml', '# nothing\n')], /empty\.yaml: the file is empty\n/],
    ['no name', ['run', LINE, '--kernel', ''], /expected a name, not an empty text/],
    [
      'nothing where words are needed',
      ['generate'],
      /^error: missing: KIND, NAME\nhint: dmalab generate --help[^\n]+\n$/,
    ],
    ['nothing where a flag is needed', ['worker'], /^error: missing: --queue\nhint: dmalab worker --help[^\n]+\n$/],
  ])('%s', async (_what, words, says) => {
    const { code, err } = await dmalab(...words)
    expect(code).toBe(2)
    expect(err).toMatch(says)
  })
})

describe('a name in a file', () => {
  const step = (line: string): string => `name: x\nboard: odroid-u3\nsteps:\n  - ${line}\n`
  test.each([
    ['key of a scenario', 'run', 'a.yaml', `nmae: x\n${step('{ do: time, ms: 1 }')}`, 'name'],
    ['key of a pipeline', 'run', 'b.yaml', `name: x\npipeline: ${LINE}\nbnd: {}\n`, 'bind'],
    ['step', 'run', 'c.yaml', step('{ do: aloc, buffer: b, size: 4096 }'), 'alloc'],
    ['key of a step', 'run', 'd.yaml', step('{ do: alloc, bufer: b, size: 4096 }'), 'buffer'],
    ['word of a step', 'run', 'e.yaml', step('{ do: alloc, buffer: b, size: 4096, from: coherant }'), 'coherent'],
    [
      'device of a step',
      'run',
      'f.yaml',
      step('{ do: alloc, buffer: b, size: 4096, from: coherent, device: displya }'),
      'display',
    ],
    ['key of a sweep', 'sweep', 'g.yaml', 'sweep: 1\nasume: []\n', 'assume'],
    ['axis of a sweep', 'sweep', 'h.yaml', 'sweep: 1\npoints: [{ bord: odroid-u3 }]\n', 'board'],
    ['key of a board', 'board lint', 'i.yaml', 'name: x\ntitel: x\n', 'title'],
    ['key of a spec', 'run --spec', 'j.json', '{"version":1,"bord":"odroid-u3"}', 'board'],
  ])('%s', async (_what, command, name, text, meant) => {
    const { code, err } = await dmalab(...command.split(' '), fileOf(name, text))
    expect(code).toBe(2)
    expect(err.split('did you mean')[1]).toContain(meant)
  })
})
