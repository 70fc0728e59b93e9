// `trace` and `explain` as a user calls them: exit codes, formats, bad input.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { dmalabWith, type Ended } from '../dmalab.ts'

const DATA = fileURLToPath(new URL('../../../../packages/trace/test/data/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dmalab-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const VIOLATIONS = 'a64-6.12-viol-direct.trace.txt'
const CLEAN = 'a64-6.12-vb2m-labe.trace.txt'

const run = (args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> =>
  dmalabWith({ cwd: DATA, input }, ...args)

describe('dmalab trace check', () => {
  it('a clean log: exit code 0, and the totals', async () => {
    const { code, out } = await run(['trace', 'check', CLEAN])
    expect(code).toBe(0)
    expect(out).toContain(`${CLEAN}: 221 lines, 209 events: 0 errors, 0 warnings, 0 notes`)
  })
  it('the log of a run names the driver of each device, as dma-debug does; a real log has no names', async () => {
    const [log, scenario] = [join(folder, 'run.trace'), join(folder, 'twice.yaml')]
    const board = fileURLToPath(new URL('../../../../scenarios/boards/virt-arm64.yaml', import.meta.url))
    const map = (device: string): string => `  - { do: map, buffer: p, device: ${device}, dir: FROM_DEVICE }`
    const steps = ['  - { do: alloc, buffer: p, size: 4KiB, from: pages }', map('plain'), map('coherent')]
    writeFileSync(scenario, ['name: twice', `board: ${board}`, 'kernel: arm64@6.12', 'steps:', ...steps, ''].join('\n'))
    await run(['run', scenario, '--ftrace', log])
    const { out } = await run(['trace', 'check', log, '--kernel-text', '6.12'])
    expect(out).toContain('DMA-API: exynos-gsc coherent: cacheline tracking EEXIST, overlapping mappings')
  })
  it('a file that is not ftrace text: said, so that it is not taken for a clean log', async () => {
    const { code, err } = await run(['trace', 'check', '-'], 'not a trace\n')
    expect(code).toBe(2)
    expect(err).toContain('nothing to check: no event of the DMA API or its users in 1 line')
  })
  it('violations: exit code 3, lines as evidence, dma-debug’s own words on request', async () => {
    const { code, out } = await run(['trace', 'check', VIOLATIONS, '--kernel-text', '6.12'])
    expect(code).toBe(3)
    expect(out).toContain('was undone at line 36 (line 35, 36, 37)')
    expect(out).toContain(
      'DMA-API: ? 0000:00:02.0: device driver frees DMA memory with different size [device address=0x000000004255e000] [map size=2048 bytes] [unmap size=1024 bytes]',
    )
  })
  it('standard input is a file like others; --json holds everything', async () => {
    const { code, out } = await run(['trace', 'check', '-', '--json'], readFileSync(join(DATA, VIOLATIONS)))
    expect(code).toBe(3)
    const [check] = JSON.parse(out)
    expect(check).toMatchObject({
      file: '-',
      read: { lines: 283, damagedCount: 0 },
      summary: { complete: true, kernelText: '6.12' },
    })
    expect(check.findings).toContainEqual(expect.objectContaining({ code: 'unmap-size', evidence: [40, 41] }))
  })
  it('SARIF names rules and lines', async () => {
    const { code, out } = await run(['trace', 'check', VIOLATIONS, CLEAN, '--format', 'sarif'])
    expect(code).toBe(3)
    const sarif = JSON.parse(out)
    expect(sarif.version).toBe('2.1.0')
    const [one] = sarif.runs[0].results
    expect(one).toMatchObject({
      ruleId: 'unmap-not-mapped',
      level: 'error',
      locations: [{ physicalLocation: { artifactLocation: { uri: VIOLATIONS }, region: { startLine: 37 } } }],
    })
    const { tool, results } = sarif.runs[0]
    expect(tool.driver).toMatchObject({ name: 'dmalab' })
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId)
      expect(result.message.text).not.toBe('')
      expect(['note', 'warning', 'error']).toContain(result.level)
      // The schema's uniqueItems.
      const related = result.relatedLocations.map((place: unknown) => JSON.stringify(place))
      expect(new Set(related).size).toBe(related.length)
    }
  })
  it('SARIF names a file by a URI reference', async () => {
    const path = join(folder, 'my log #1.txt')
    copyFileSync(join(DATA, VIOLATIONS), path)
    const { out } = await run(['trace', 'check', path, '--format', 'sarif'])
    const uris = JSON.parse(out).runs[0].results.map(
      (one: { locations: readonly [{ physicalLocation: { artifactLocation: { uri: string } } }] }) =>
        one.locations[0].physicalLocation.artifactLocation.uri,
    )
    expect(new Set(uris)).toEqual(new Set([`file://${folder}/my%20log%20%231.txt`]))
  })
  it('SARIF has a version, an address, and no made-up URI for standard input', async () => {
    const { out } = await run(['trace', 'check', '-', '--format', 'sarif'], readFileSync(join(DATA, VIOLATIONS)))
    const [{ tool, invocations, results }] = JSON.parse(out).runs
    expect(tool.driver.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(tool.driver.informationUri).toMatch(/^https:/)
    expect(invocations[0].executionSuccessful).toBe(true)
    expect(JSON.stringify([invocations, results])).not.toContain('"uri"')
    expect(results[0].locations).toEqual([{ message: { text: 'line 37 of standard input' } }])
  })
  it('JUnit has a failing case for each code that was found', async () => {
    const { out } = await run(['trace', 'check', VIOLATIONS, '--format', 'junit'])
    expect(out).toMatch(
      /<testsuite name="a64-6\.12-viol-direct\.trace\.txt" tests="\d+" failures="19" errors="0" skipped="\d+">/,
    )
    expect(out.match(/<failure /g)).toHaveLength(19)
    expect(out).toContain('<testcase classname="a64-6.12-viol-direct.trace.txt" name="unmap-attributes"/>')
  })
  it('what a log cannot show is skipped in JUnit, and told in the text', async () => {
    const { out } = await run(['trace', 'check', CLEAN, '--format', 'junit'])
    const skipped = [...out.matchAll(/name="([^"]+)">\n +<skipped message="([^"]+)"/g)].map(
      ([, code, why]) => `${code}: ${why}`,
    )
    expect(skipped).toContain('wrong-bytes: not judged: only a run of the model shows it')
    expect(skipped).toContain('sync-sg-count: not judged: no sync of a list')
    expect(out).toContain(`skipped="${skipped.length}"`)
    expect((await run(['trace', 'check', CLEAN])).out).toMatch(
      /not judged \(only a run of the model shows it\): wrong-bytes, /,
    )
  })
  it.each([
    ['an empty log', ''],
    ['a text that is not a log', 'It was a dark and stormy night.\n'],
    ['a log of other events', '        init-1       [000] .....     1.000001: sched_wakeup: comm=init pid=1\n'],
  ])('%s is not a clean log: exit code 2, an error in JUnit, in SARIF and in JSON', async (_what, text) => {
    const path = join(folder, 'nothing.txt')
    writeFileSync(path, text)
    const inFormat = (format: string) => run(['trace', 'check', path, '--format', format])
    const [plain, junit, sarif] = [await inFormat('text'), await inFormat('junit'), await inFormat('sarif')]
    expect([plain.code, junit.code, sarif.code]).toEqual([2, 2, 2])
    expect(plain.err).toContain('nothing to check')
    expect(junit.out).toMatch(/errors="1"[^]*<error type="unchecked" message="nothing to check/)
    const [{ invocations, results }] = JSON.parse(sarif.out).runs
    expect(results).toEqual([])
    expect(invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [{ level: 'error' }],
    })
    const json = await run(['trace', 'check', path, '--json'])
    expect([json.code, JSON.parse(json.out)]).toMatchObject([
      2,
      { error: { message: expect.stringContaining('nothing to check') } },
    ])
    for (const what of ['stats', 'export']) expect((await run(['trace', what, path])).code).toBe(2)
  })
  it('an unreadable log among others is an error there, too, and the others are checked', async () => {
    const { code, out } = await run(['trace', 'check', 'absent', CLEAN, '--format', 'junit'])
    expect(code).toBe(2)
    expect(out).toMatch(/<testsuite name="absent" tests="1" failures="0" errors="1"[^]*message="no such file"/)
    expect(out).toContain(`<testsuite name="${CLEAN}"`)
    expect(JSON.parse((await run(['trace', 'check', 'absent', CLEAN, '--json'])).out)).toMatchObject([
      { file: 'absent', error: { message: 'no such file' } },
      { file: CLEAN },
    ])
  })
  it('a missing file: exit code 2 and one line; the other files are checked all the same', async () => {
    const alone = await run(['trace', 'check', 'absent'])
    expect([alone.code, alone.err.trim()]).toEqual([2, 'error: absent: no such file'])
    const both = await run(['trace', 'check', 'absent', CLEAN])
    expect([both.code, both.err.trim()]).toEqual([2, 'error: absent: no such file'])
    expect(both.out).toContain('209 events')
  })
  it('a file that is not a log at all: every line is counted, the first are shown', async () => {
    const path = join(folder, 'prose.txt')
    writeFileSync(path, 'It was a dark and stormy night.\n'.repeat(40))
    const { code, out } = await run(['trace', 'check', path])
    expect(code).toBe(2)
    expect(out).toContain('40 lines cannot be read; the first:')
    expect(out).toContain('line 1: It was a dark')
  })
  it('a marker of the user’s own may say that the driver is gone', async () => {
    const text = `        init-1       [000] .....     1.000001: dma_map_page: dev dir=TO_DEVICE dma_addr=1000 size=64 phys_addr=1000 attrs=\n        init-1       [000] .....     1.000002: tracing_mark_write: test 7 over\n`
    expect((await run(['trace', 'check', '-'], text)).code).toBe(0)
    const { code, out } = await run(['trace', 'check', '-', '--unbind-marker', 'test \\d+ over'], text)
    expect(code).toBe(3)
    expect(out).toContain('leak-mapping: dev: mapping 0x1000')
    expect((await run(['trace', 'check', '-', '--unbind-marker', '('], text)).code).toBe(2)
  })
})

describe('dmalab trace stats and export', () => {
  it('statistics per device', async () => {
    const { code, out } = await run(['trace', 'stats', 'a64-6.12-blk-direct-nvme.trace.txt'])
    expect(code).toBe(0)
    expect(out).toMatch(/operations\s+alloc 2, map 14, mapSg 61, unmap 14, unmapSg 61/)
    expect(JSON.parse((await run(['trace', 'stats', CLEAN, '--json'])).out).devices.length).toBeGreaterThan(0)
  })
  it('Chrome trace JSON, to standard output or a file', async () => {
    const path = join(folder, 'out.json')
    expect((await run(['trace', 'export', VIOLATIONS, '--output', path])).code).toBe(0)
    const written = readFileSync(path, 'utf8')
    expect(JSON.parse(written).traceEvents.length).toBeGreaterThan(100)
    expect((await run(['trace', 'export', VIOLATIONS])).out).toBe(written)
    expect((await run(['trace', 'export', VIOLATIONS, '--output', join(folder, 'no/such/folder')])).code).toBe(2)
  })
})

describe('dmalab explain', () => {
  it('a code: what, why, source, fixes', async () => {
    const { code, out } = await run(['explain', 'unmap-sg-count'])
    expect(code).toBe(0)
    expect(out).toContain('pass nents of the map call to dma_unmap_sg, not its return value')
    expect(out).toContain('kernel/dma/debug.c: check_unmap')
  })
  it('a code of board lint: what it means', async () => {
    const { code, out } = await run(['explain', 'dma-parent-cycle'])
    expect(code).toBe(0)
    expect(out).toContain('dma-parent-cycle (dmalab board lint): DMA parents go in a circle')
  })
  it('no code lists all; an unknown one is bad input with a hint', async () => {
    expect((await run(['explain', '--json'])).out).toContain('"wrong-bytes"')
    const { code, err } = await run(['explain', 'unmap-sizes'])
    expect(code).toBe(2)
    expect(err).toContain('did you mean')
  })
  it('a kernel log from standard input', async () => {
    const { code, out } = await run(['explain', '--dmesg', '-'], '[  1.0] contiguous chunk is too small 4096/691200\n')
    expect(code).toBe(0)
    expect(out).toContain('vb2-not-contiguous a scattered buffer for a device that needs one piece (line 1)')
    expect((await run(['explain', '--dmesg', '-'], '')).code).toBe(2)
    expect((await run(['explain', '--dmesg', 'absent'])).code).toBe(2)
    expect((await run(['explain', '--dmesg', '.'])).err).toContain('.: this is a folder')
  })
})
