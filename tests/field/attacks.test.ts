// Whatever can be given to a diagnosis: wrong kinds, mixes, hostile archives, inputs of two boards, floods. It ends, within its limits, and
// says what it did not look at.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { viewDiagnosis } from '@dmalab/lab'
import { diagnosisSarif, diagnosisText, htmlOf } from '@dmalab/report'
import { diagnosed, kinds, ofBytes, ofFile, ofText, words } from './diagnose-files.ts'
import { tar, type TarFile } from './tar.ts'

const BOARDS = join(import.meta.dirname, '../../../shared/boards')
const there = existsSync(BOARDS)
const VIRT = readFileSync(join(import.meta.dirname, '../../scenarios/boards/virt-arm64.yaml'), 'utf8')
const FAULT =
  '[   12.1] arm-smmu 5000000.iommu: Unhandled context fault: fsr=0x402, iova=0x80181040, fsynr=0x11, cb=3\n'

const bundle = (files: readonly TarFile[]): Buffer => gzipSync(tar(files))

describe('kinds are told by content', () => {
  test.each([
    ['an empty file', '', /empty/],
    ['blanks', ' \n\n', /blanks/],
    ['zip', 'PK\u0003\u0004....', /unpack it first/],
    ['a letter', 'Dear all,\nmy camera shows nothing.\n', /nothing is known/],
    ['perf.data', 'PERFILE2....', /perf script/],
    ['JSON for viewers', '{"traceEvents":[{"ph":"X","ts":1}]}', /traceconv systrace/],
    ['Perfetto as text', 'packet {\n  ftrace_events {\n', /traceconv systrace/],
  ])('%s is not examined, and why', async (_name, text, why) => {
    const one = await diagnosed([ofText('x.trace', text)])
    expect(one).toMatchObject({ examined: false, answers: [] })
    expect(one.notExamined[0]).toMatch(why)
    expect(diagnosisText(one)).toContain('Nothing was examined.')
  })

  test('bytes at random are not examined', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, at) => (at * 2654435761) % 256)
    expect((await diagnosed([ofBytes('x.dtb', bytes)])).examined).toBe(false)
  })

  test('each kind under a wrong name', async () => {
    const one = await diagnosed([
      ofText('a.dtb', FAULT),
      ofText('b.txt', VIRT),
      ofText('c.log', 'gst-launch-1.0 videotestsrc num-buffers=2 ! fakesink\n'),
      ofText('d.yaml', 'CONFIG_CMA=y\n# CONFIG_X is not set\nCONFIG_CMA_SIZE_MBYTES=64\n'),
      ofText('e', 'console=ttyS0 root=/dev/mmcblk0p2 cma=64M\n'),
      ofText(
        'f.dtb',
        '           app-1       [000] .....     1.000000: dma_map_page: plain dir=TO_DEVICE dma_addr=1000 size=64 phys_addr=1000 attrs=\n',
      ),
      ofText('g', 'MemTotal:  1000 kB\nCmaTotal:  64 kB\n'),
    ])
    expect(kinds(one)).toEqual(['log', 'board', 'line', 'config', 'cmdline', 'trace', 'figures'])
    expect(one.facts.map(({ what }) => what)).toEqual(['board', 'command line', 'CMA'])
  })

  test('UTF-16, CRLF and one byte at a time', async () => {
    const utf16 = Buffer.from(`\ufeff${FAULT.replace('\n', '\r\n')}`, 'utf16le')
    const one = await diagnosed([ofBytes('a', utf16, 1)])
    expect(one.answers.map(({ id }) => id)).toEqual(['smmu-context-fault'])
  })

  test('a log with a pipeline and a trace in it', async () => {
    const text = `${FAULT}$ gst-launch-1.0 videotestsrc num-buffers=2 ! fakesink\n[   13.0] Dumping ftrace buffer:\n           app-1       [000] .....     1.000000: dma_map_page: plain dir=TO_DEVICE dma_addr=80180000 size=4096 phys_addr=1000 attrs=\n`
    const one = await diagnosed([ofText('all.txt', text)])
    expect(kinds(one)).toEqual(['log', 'line'])
    expect(words(one)).toMatch(/0x80181040 lies 64 B behind the end of a mapping: 0x80180000, 4 KiB/)
  })

  test('a damaged tree and a board with a mistake', async () => {
    const one = await diagnosed([
      ofBytes('a.dtb', Uint8Array.from([0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 9])),
      ofText('b.yaml', 'arch: arm64\nmemory: []\n'),
    ])
    expect(kinds(one)).toEqual(['other', 'other'])
  })
})

describe('archives', () => {
  test('names that lead out, links and devices are left out; the rest is read', async () => {
    const archive = bundle([
      { name: '../../etc/passwd', body: FAULT },
      { name: '/etc/passwd', body: FAULT },
      { name: 'link', type: '2' },
      { name: 'null', type: '3' },
      { name: 'dmalab-record/kernel/dmesg.txt', body: FAULT },
    ])
    const one = await diagnosed([ofBytes('b.tar.gz', archive)])
    expect(one.inputs.map(({ file }) => file)).toEqual(['b.tar.gz', 'b.tar.gz:kernel/dmesg.txt'])
    expect(one.notExamined[0]).toMatch(/4 links, devices and names that lead out of it/)
    expect(one.answers).toHaveLength(1)
  })

  test('control characters of a name do not reach a terminal', async () => {
    const one = await diagnosed([ofBytes('b.tar', tar([{ name: 'a\u001b[31m', body: FAULT }]))])
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    expect(JSON.stringify(one.inputs) + one.answers[0]?.evidence[0]?.file).not.toMatch(/\u001b/)
  })

  test('too many files, a cut archive, a damaged one, one in another', async () => {
    const many = tar(Array.from({ length: 33_000 }, (_, at) => ({ name: `f${at}`, body: '' })))
    expect((await diagnosed([ofBytes('many.tar', many, 2 ** 16)])).notExamined.join()).toMatch(/more than 32768 files/)
    const whole = bundle([{ name: 'dmesg', body: FAULT.repeat(100) }])
    const cut = await diagnosed([ofBytes('cut.tar.gz', whole.subarray(0, whole.length - 20))])
    expect(cut.notExamined.join()).toMatch(/damaged or cut off|is cut off/)
    expect(cut.answers).toHaveLength(1)
    const inside = bundle([{ name: 'b.tar.gz', body: bundle([{ name: 'c.tar.gz', body: whole }]) }])
    expect((await diagnosed([ofBytes('in.tar.gz', inside)])).notExamined.join()).toMatch(
      /packed into what is packed itself/,
    )
  })

  test('a size that is none ends it', async () => {
    const bad = tar([{ name: 'a', body: FAULT }])
    bad.write('zzzzzzzzzzz', 124)
    expect((await diagnosed([ofBytes('bad.tar', bad)])).examined).toBe(false)
  })

  test('a bomb of 16 MiB of one line costs little', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 2 ** 20, 'a'))
    const before = process.memoryUsage().rss
    const one = await diagnosed([ofBytes('bomb.gz', bomb)])
    expect(one.examined).toBe(false)
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20)
  })

  test('the running kernel’s own tree, a file for each property', async () => {
    const cells = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer).swap32()
    const base = (name: string, body: Uint8Array | string): TarFile => ({
      name: `dmalab-record/devicetree/base/${name}`,
      body,
    })
    const one = await diagnosed([
      ofBytes(
        'b.tar.gz',
        bundle([
          base('#address-cells', cells(1)),
          base('#size-cells', cells(1)),
          base('model', 'A board\0'),
          base('cpus/cpu@0/compatible', 'arm,cortex-a53\0'),
          base('cpus/cpu@0/device_type', 'cpu\0'),
          base('memory@0/device_type', 'memory\0'),
          base('memory@0/reg', cells(0, 0x4000_0000)),
        ]),
      ),
    ])
    expect(one.facts).toMatchObject([{ what: 'board', text: 'A board (arm64)' }])
  })
})

describe.skipIf(!there)('inputs of two machines', () => {
  const tree = () => ofFile(join(BOARDS, 'imx8mp-evk.dtb'))
  const LOG = '[    9.0] cma: cma_alloc: reserved: alloc failed, req-size: 20250 pages, ret: -12\n'

  test('the model of the log is not that of the tree', async () => {
    const one = await diagnosed([
      ofText(
        'dmesg',
        `[    0.0] Linux version 6.6.31 (a@b) #1\n[    0.0] Machine model: Raspberry Pi 4 Model B Rev 1.4\n${LOG}`,
      ),
      tree(),
    ])
    expect(one.contradictions.map(({ what }) => what).join()).toMatch(
      /of another board than the tree: Raspberry Pi 4.*NXP i.MX8MPlus/,
    )
    expect(one.notExamined.join()).toMatch(/not of one machine/)
    expect(words(one)).not.toContain('on the model of this board')
  })
  test('devices that the tree does not have', async () => {
    const one = await diagnosed([
      ofText('dmesg', `${LOG}[    9.1] unicam fe801000.csi: dma_alloc_coherent of size 82944000 failed\n`),
      tree(),
    ])
    expect(one.contradictions.map(({ what }) => what).join()).toMatch(
      /names fe801000\.csi, and the tree has no such device/,
    )
  })
  test('another architecture, two kernels', async () => {
    const x86 = await diagnosed([ofText('dmesg', `[    0.0] BIOS-e820: [mem 0x0-0x9fbff] usable\n${LOG}`), tree()])
    expect(x86.contradictions.map(({ what }) => what)).toEqual(['the log is of x86_64, the board is arm64'])
    const two = await diagnosed([
      ofText('a', `[    0.0] Linux version 6.1.0 (a@b) #1\n${LOG}`),
      ofText('b', `[    0.0] Linux version 6.6.1 (a@b) #1\n${LOG}`),
    ])
    expect(two.contradictions.map(({ what }) => what).join()).toMatch(/two kernels: 6\.1\.0 and 6\.6\.1/)
  })
  test('the same board under its full name is no contradiction', async () => {
    const one = await diagnosed([ofText('dmesg', `[    0.0] Machine model: NXP i.MX8MPlus EVK board\n${LOG}`), tree()])
    expect(one.contradictions).toEqual([])
  })
})

describe('reports', () => {
  test('nothing of an input is markup or a control character', async () => {
    const one = await diagnosed([
      ofText('<b>.txt', FAULT.replace('5000000.iommu', '5000000.iommu\u001b[31m<script>alert(1)</script>')),
    ])
    const place = '<script type="application/octet-stream" id="dmalab-data"></script>'
    const html = await htmlOf(place, viewDiagnosis(one, ''))
    expect(html).toMatch(/^<script type="application\/octet-stream" id="dmalab-data">[\w-]+<\/script>$/)
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    expect(diagnosisText(one).replaceAll(/\u001b\[\d*m/g, '')).not.toMatch(/\u001b/)
  })
  test('SARIF: a result for each answer, with its lines', async () => {
    const one = await diagnosed([
      ofText('a b.txt', FAULT),
      ofBytes('b.tar.gz', bundle([{ name: 'dmesg', body: FAULT.replace('cb=3', 'cb=4') }])),
    ])
    const sarif = diagnosisSarif(one, { version: '0', uriOf: encodeURI })
    expect(sarif).toMatchObject({
      runs: [
        {
          results: [
            {
              ruleId: 'smmu-context-fault',
              level: 'error',
              locations: [{ physicalLocation: { artifactLocation: { uri: 'a%20b.txt' }, region: { startLine: 1 } } }],
              relatedLocations: [{ physicalLocation: { artifactLocation: { uri: 'b.tar.gz' } } }],
            },
          ],
        },
      ],
    })
  })
})

test('a flood of lines is one answer, and takes no longer than reading it', async () => {
  const lines = Array.from({ length: 5000 }, (_, at) =>
    FAULT.replace('80181040', (0x80000000 + at * 4096).toString(16)),
  ).join('')
  const one = await diagnosed([ofText('flood', lines)])
  expect(one.answers).toHaveLength(1)
  expect(one.answers[0]?.what.length).toBeLessThan(10)
})
