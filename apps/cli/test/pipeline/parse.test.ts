// `dmalab pipeline parse` as a user calls it: exit codes, --json, the caret.
import { describe, expect, it } from 'vitest'
import { dmalab, type Ended } from '../dmalab.ts'

const parse = (...args: readonly string[]): Promise<Ended> => dmalab('pipeline', 'parse', ...args)

describe('dmalab pipeline parse', () => {
  it('shows devices and ways of buffers on a board', async () => {
    const { code, out } = await parse(
      'v4l2h264dec ! v4l2convert output-io-mode=dmabuf-import ! kmssink',
      '--board',
      'odroid-xu4-2017',
    )
    expect(code).toBe(0)
    expect(out).toMatch(/v4l2convert0 .* converter .* board/)
    expect(out).toMatch(/v4l2h264dec0 .* v4l2convert0 .* export/)
  })

  it('prints elements, links and unknown elements as JSON', async () => {
    const { code, out } = await parse('fakesrc ! acme name=a ! fakesink', '--json')
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

  it('puts a caret under the place of an error and exits with 2', async () => {
    const { code, out, err } = await parse('fakesrc ! ! fakesink')
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('1 | fakesrc ! ! fakesink\n  |           ^\n')
    expect(err).not.toContain('    at ')
  })

  it('gives the class of an error as JSON and exits with 2', async () => {
    const { code, out } = await parse('fakesrc colour=red ! fakesink', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ ok: false, error: 'no-such-property', line: 1, column: 9 })
  })
})
