// `dmalab pipeline parse` as a process: exit codes, --json, the caret.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'

// Each process takes a second or more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const parse = (...args: string[]): { code: number | null; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'pipeline', 'parse', ...args], {
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

describe('dmalab pipeline parse', () => {
  it('shows devices and ways of buffers on a board', () => {
    const { code, out } = parse(
      'v4l2h264dec ! v4l2convert output-io-mode=dmabuf-import ! kmssink',
      '--board',
      'odroid-xu4-2017',
    )
    expect(code).toBe(0)
    expect(out).toMatch(/v4l2convert0 .* converter .* board/)
    expect(out).toMatch(/v4l2h264dec0 .* v4l2convert0 .* export/)
  })

  it('prints elements, links and unknown elements as JSON', () => {
    const { code, out } = parse('fakesrc ! acme name=a ! fakesink', '--json')
    expect(code).toBe(0)
    const described = JSON.parse(out)
    expect(described).toMatchObject({
      ok: false,
      error: 'no-such-element',
      unknown: [{ factory: 'acme', name: 'a', at: 10 }],
    })
    expect(described.links).toEqual([
      ['fakesrc0', 'src', 'a', 'sink'],
      ['a', 'src', 'fakesink0', 'sink'],
    ])
  })

  it('puts a caret under the place of an error and exits with 2', () => {
    const { code, out, err } = parse('fakesrc ! ! fakesink')
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('1 | fakesrc ! ! fakesink\n  |           ^\n')
    expect(err).not.toContain('    at ')
  })

  it('gives the class of an error as JSON and exits with 2', () => {
    const { code, out } = parse('fakesrc colour=red ! fakesink', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ ok: false, error: 'no-such-property', line: 1, column: 9 })
  })
})
