// Where a log comes from.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { readTrace, type OpenOptions } from '../../src/node/index.ts'

const LINE =
  '            init-1       [001] .....     4.390004: dma_map_page: dev dir=TO_DEVICE dma_addr=1000 size=16 phys_addr=1000 attrs=\n'
const folder = mkdtempSync(join(tmpdir(), 'dmalab-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const eventsOf = async (path: string, options?: OpenOptions): Promise<number> => {
  let count = 0
  await readTrace(path, () => (count += 1), options)
  return count
}
const TRACE_DAT = Buffer.concat([Buffer.from([0x17, 0x08, 0x44]), Buffer.from('tracing6')])

it('reads a file, a compressed file and standard input', async () => {
  expect(await eventsOf(file('a', LINE))).toBe(1)
  expect(await eventsOf(file('a.gz', gzipSync(LINE.repeat(1000))))).toBe(1000)
  expect(
    await eventsOf('-', {
      stdin: (async function* () {
        yield Buffer.from(LINE.slice(0, 70))
        yield Buffer.from(LINE.slice(70))
      })(),
    }),
  ).toBe(1)
})
it('a missing file and a folder are the user’s business', async () => {
  await expect(readTrace(join(folder, 'nope'), () => {})).rejects.toMatchObject({
    name: 'InputError',
    message: /no such file/,
  })
  await expect(readTrace(folder, () => {})).rejects.toMatchObject({ name: 'InputError', message: /folder/ })
})
it('a trace.dat goes through trace-cmd report', async () => {
  const program = file('trace-cmd', `#!/bin/sh\nprintf '%s' '${LINE}'\n`)
  chmodSync(program, 0o755)
  expect(await eventsOf(file('trace.dat', TRACE_DAT), { traceCmd: program })).toBe(1)
})
it('a trace.dat without trace-cmd says what to do', async () => {
  await expect(
    readTrace(file('trace.dat', TRACE_DAT), () => {}, { traceCmd: join(folder, 'absent') }),
  ).rejects.toMatchObject({ name: 'InputError', hint: /install trace-cmd/ })
})
it('a compressed log may come from standard input, in any pieces; a trace.dat may not', async () => {
  const packed = gzipSync(LINE.repeat(1000))
  const stdin = async function* (bytes: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += at < 20 ? 1 : 100) yield bytes.subarray(at, at + (at < 20 ? 1 : 100))
  }
  expect(await eventsOf('-', { stdin: stdin(packed) })).toBe(1000)
  expect(await eventsOf('-', { stdin: stdin(Buffer.from('x')) })).toBe(0)
  expect(await eventsOf('-', { stdin: stdin(Buffer.alloc(0)) })).toBe(0)
  await expect(eventsOf('-', { stdin: stdin(TRACE_DAT) })).rejects.toMatchObject({
    name: 'InputError',
    message: /standard input/,
  })
})
it('a damaged compressed log is the user’s business', async () => {
  const packed = gzipSync(LINE.repeat(1000))
  await expect(eventsOf(file('cut.gz', packed.subarray(0, packed.length - 20)))).rejects.toMatchObject({
    name: 'InputError',
    message: /cannot be read/,
  })
})
it('a trace-cmd that is killed is named with the signal', async () => {
  const program = file('killed', '#!/bin/sh\nkill -SEGV $$\n')
  chmodSync(program, 0o755)
  await expect(eventsOf(file('trace.dat', TRACE_DAT), { traceCmd: program })).rejects.toMatchObject({
    message: /could not read it: SIGSEGV/,
  })
})
it('a trace-cmd that prints nothing is reported as such, with what it complained about', async () => {
  const program = file('silent', '#!/bin/sh\necho "no events found" >&2\n')
  chmodSync(program, 0o755)
  await expect(readTrace(file('trace.dat', TRACE_DAT), () => {}, { traceCmd: program })).rejects.toMatchObject({
    message: /silent printed nothing: no events found/,
  })
})
it('what trace-cmd complains about is passed on', async () => {
  const program = file('failing', '#!/bin/sh\necho "bad header" >&2\nexit 1\n')
  chmodSync(program, 0o755)
  await expect(readTrace(file('trace.dat', TRACE_DAT), () => {}, { traceCmd: program })).rejects.toMatchObject({
    message: /bad header/,
  })
})
it.each<[string, string | Uint8Array, RegExp, RegExp]>([
  ['perf.data', 'PERFILE2\0\0\0\0', /a recording of perf/, /perf script -i .*perf\.data > out\.txt/],
  [
    't.pftrace',
    Buffer.from([0x0a, 3, 1, 2, 3, 0x0a, 2, 1, 2, 0x0a, 1, 0]),
    /Perfetto \(protobuf\)/,
    /traceconv systrace/,
  ],
  ['t.textproto', 'packet {\n  ftrace_events {\n', /Perfetto's protobuf as text/, /traceconv systrace/],
  ['t.json', '{"traceEvents":[{"ph":"X","ts":1}]}', /JSON/, /the log that it was made of/],
  ['p.json', '{"packet":[{"ftraceEvents":{"cpu":0}}]}', /Perfetto's protobuf as JSON/, /traceconv systrace/],
  ['a.z', 'capturing trace... done\nTRACE:\nx\u0001\u0002', /compressed output of atrace/, /without -z/],
  ['ctf', Buffer.from([0xc1, 0x1f, 0xfc, 0xc1, 0, 0]), /LTTng/, /babeltrace2/],
  ['a.zip', Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), /zip/, /unpack/],
  ['a.tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar'), Buffer.alloc(250)]), /tar archive/, /tar xf/],
  ['raw', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7) % 256)), /no text/, /trace-cmd report/],
])('%s is named by what it is, with the command that makes text of it', async (name, content, what, hint) => {
  await expect(readTrace(file(name, content), () => {})).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(what),
    hint: expect.stringMatching(hint),
  })
})
it.each(['xz', 'zstd', 'bzip2', 'lz4'])(
  'a log compressed with %s is opened by it, where it is installed',
  async (program) => {
    const packed = spawnSync(program, ['-c'], { input: LINE.repeat(100) })
    if (packed.error !== undefined) return
    expect(await eventsOf(file(`a.${program}`, packed.stdout))).toBe(100)
    await expect(readTrace(file(`cut.${program}`, packed.stdout.subarray(0, 30)), () => {})).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(`compressed with ${program}`),
    })
  },
)
it('a page of systrace is read from its trace on', async () => {
  const page = `<!DOCTYPE html>\n<html><script>\nvar map: x;\n</script>\n<script class="trace-data" type="application/text">\n# tracer: nop\n${LINE}</script></html>\n`
  expect(await eventsOf(file('t.html', page))).toBe(1)
})
