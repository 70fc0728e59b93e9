// Words of a command line, as GLib parts them, and what makes it none. Values observed with g_shell_parse_argv of GLib 2.74.
import { describe, expect, it, test } from 'vitest'
import { shellWords } from '../src/pipeline/shell-words.ts'
import { launcherWords } from '../src/pipeline/shell-line.ts'

const words = (line: string): readonly (readonly [string, number])[] | { problem: string; at: number } => {
  const found = shellWords(line)
  return 'problem' in found ? { ...found } : found.map(({ text, at }) => [text, at] as const)
}

test.each<[string, readonly (readonly [string, number])[]]>([
  [
    'a b',
    [
      ['a', 0],
      ['b', 2],
    ],
  ],
  [
    '  a \t b  ',
    [
      ['a', 2],
      ['b', 6],
    ],
  ],
  [
    'a\nb',
    [
      ['a', 0],
      ['b', 2],
    ],
  ],
  [`'a b'`, [['a b', 0]]],
  [`"a b"c'd'`, [['a bcd', 0]]],
  [`''`, [['', 0]]],
  [
    `a "" b`,
    [
      ['a', 0],
      ['', 2],
      ['b', 5],
    ],
  ],
  ['a\\ b', [['a b', 0]]],
  ['a\\\nb', [['ab', 0]]],
  ['a\\\\b', [['a\\b', 0]]],
  [`'a\\b'`, [['a\\b', 0]]],
  [`"a\\b"`, [['a\\b', 0]]],
  [`"a\\"b"`, [['a"b', 0]]],
  ['"\\$\\`\\\\"', [['$`\\', 0]]],
  [`"a\\\nb"`, [['a\nb', 0]]],
  ['a # rest', [['a', 0]]],
  [
    'a # rest\nb',
    [
      ['a', 0],
      ['b', 9],
    ],
  ],
  ['a#b', [['a#b', 0]]],
  ['#x\nb', [['b', 3]]],
  [`"it's"`, [[`it's`, 0]]],
  [`'say "x"'`, [['say "x"', 0]]],
])('%j is %j', (line, expected) => {
  expect(words(line)).toEqual(expected)
})

test.each([
  [`a "b`, 'no matching quote was found for "', 2],
  [`a 'b`, "no matching quote was found for '", 2],
  [`a "b\\"`, 'no matching quote was found for "', 2],
  ['a\\', 'the text ends right after a \\', 1],
  ['', 'the text is empty', 0],
  ['   ', 'the text is empty', 0],
  ['# only a comment', 'the text is empty', 0],
  ['a #', 'no matching quote was found for #', 2],
])('%j: %s', (line, problem, at) => {
  expect(words(line)).toEqual({ problem, at })
})

it('each character knows its place in the line', () => {
  const found = shellWords(`x "a\\"b"`)
  expect('problem' in found ? [] : found.map(({ from }) => from)).toEqual([[0], [3, 5, 6]])
})

describe('a pasted line', () => {
  const parted = (line: string) => {
    const found = launcherWords(line)
    return 'problem' in found
      ? found.problem
      : {
          words: found.words.map(({ text }) => text).join(' '),
          launcher: found.launcher,
          left: found.ignored.map(({ what }) => what),
        }
  }
  test.each([
    ['a ! b', 'a ! b', false, []],
    ['gst-launch-1.0 a ! b', 'a ! b', true, []],
    ['/usr/bin/gst-launch-1.0 a ! b', 'a ! b', true, ['']],
    ['C:/gst/gst-launch-1.0.exe a ! b', 'a ! b', true, ['']],
    ['gst-launch a ! b', 'a ! b', true, []],
    ['$ $ sudo gst-launch-1.0 a ! b', 'a ! b', true, ['$ $ sudo']],
    ['user@host:~/dir (main) % gst-launch-1.0 a ! b', 'a ! b', true, ['user@host:~/dir (main) %']],
    ['❯ A=1 gst-launch-1.0 a ! b', 'a ! b', true, ['❯ A=1']],
    ['gst-launch-1.0 a ! b || reboot', 'a ! b', true, ['|| reboot']],
    ['gst-launch-1.0 a ! b |& tee x', 'a ! b', true, ['|& tee x']],
    ['gst-launch-1.0 a ! b >> log', 'a ! b', true, ['>> log']],
    ['gst-launch-1.0 a ! b &> log', 'a ! b', true, ['&> log']],
    ['gst-launch-1.0 a ! b 2>log', 'a ! b', true, ['2>log']],
    ['gst-launch-1.0 a ! b 12>&1', 'a ! b', true, ['12>&1']],
    ['gst-launch-1.0 a ! b 2>&-', 'a ! b', true, ['2>&-']],
    ['gst-launch-1.0 a ! b "&"', 'a ! b &', true, []],
    ['gst-launch-1.0 a ! b ">"', 'a ! b >', true, []],
    ['gst-launch-1.0 a ! b x\\&', 'a ! b x&', true, []],
    ['a ! b ; c', 'a ! b ; c', false, []],
    ['a ! b & c', 'a ! b', false, ['& c']],
  ] as const)('%s', (line, kept, launcher, left) => {
    expect(parted(line)).toEqual({ words: kept, launcher, left: left.filter((one) => one !== '') })
  })
})
