// The recording script, run under the shells of a board on a folder that looks like one.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { recordScript } from '../src/index.ts'
import { BOOTARGS, fakeBoard, MAC, SERIAL, type FakeBoard } from './fake-board.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-record-'))
afterAll(() => rmSync(folder, { recursive: true }))
const script = join(folder, 'record.sh')
writeFileSync(script, recordScript({ redact: true }))

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const SHELLS = [
  ['dash', ['dash']],
  ['busybox', ['busybox', 'sh']],
  ['bash', ['bash', '--posix']],
] as const
type Shell = readonly [string, ...string[]]

let boards = 0
const newBoard = (without: readonly string[] = []): FakeBoard => fakeBoard(join(folder, `board-${++boards}`), without)

interface Recorded {
  readonly status: number | null
  readonly text: string
  /** Parts by name; empty: no archive was written. */
  readonly parts: ReadonlyMap<string, Uint8Array>
}
const unpack = (archive: string): ReadonlyMap<string, Uint8Array> => {
  if (!existsSync(archive)) return new Map()
  const into = mkdtempSync(join(folder, 'parts-'))
  spawnSync('tar', ['xzf', archive, '-C', into])
  const top = join(into, 'dmalab-record')
  return new Map(
    readdirSync(top, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const file = join(entry.parentPath, entry.name)
      return entry.isFile() ? [[file.slice(top.length + 1), readFileSync(file)] as const] : []
    }),
  )
}
const record = ([program, ...shell]: Shell, board: FakeBoard, args: readonly string[]): Recorded => {
  const archive = `${board.root}.tar.gz`
  const { status, stdout, stderr } = spawnSync(program, [...shell, script, '--output', archive, ...args], {
    env: { ...process.env, DMALAB_ROOT: board.root, TMPDIR: board.root },
    encoding: 'utf8',
  })
  return { status, text: stdout + stderr, parts: unpack(archive) }
}
const textOf = ({ parts }: Recorded, part: string): string => new TextDecoder().decode(parts.get(part))

/** Writes an event into the ring buffer, as the kernel would. */
const traced = (board: FakeBoard): string[] => {
  const event = ' app-1 [000] ..... 1.000000: dma_map_page: soc:gpu dir=TO_DEVICE'
  const tracefs = `${board.root}/sys/kernel/tracing`
  return ['sh', '-c', `cat ${tracefs}/set_event ${tracefs}/tracing_on; echo '${event}' >> ${tracefs}/trace`]
}

describe.each(SHELLS)('under %s', (name, words) => {
  const skipped = !has(name)
  it.skipIf(skipped)('collects, leaves out who it is, and puts tracing back', () => {
    const board = newBoard()
    const before = board.tracing()
    const recorded = record(words as Shell, board, ['--', ...traced(board)])
    expect(recorded.text).toContain('written: ')
    expect(recorded.status).toBe(0)
    expect(board.tracing()).toEqual({ ...before, buffer_size_kb: '7' })
    expect(readdirSync(board.root).filter((entry) => entry.startsWith('dmalab'))).toEqual([])

    expect(textOf(recorded, 'trace/trace.txt')).toContain('dma_map_page')
    expect(textOf(recorded, 'trace/output.txt').trim().split(/\s+/)).toEqual(['dma:*', 'swiotlb:*', '1'])
    expect(textOf(recorded, 'trace/events')).toBe('dma:dma_map_page\nswiotlb:swiotlb_bounced\n')
    expect(textOf(recorded, 'iommu/groups')).toBe('group 3 type DMA-FQ\n  device fe801000.csi\n')
    expect(textOf(recorded, 'devices/drivers')).toContain('pci 0000:01:00.0 driver= dma_mask_bits=36')
    const listed = textOf(recorded, 'contents.txt')
    const unlisted = [...recorded.parts.keys()].filter((part) => !listed.includes(`\n${part} `))
    expect(unlisted).toEqual(['contents.txt'])
    expect(listed).toMatch(/^kernel\/modules +missing: modules$/m)

    const whole = [...recorded.parts].map(([, bytes]) => Buffer.from(bytes).toString('latin1')).join('\n')
    for (const secret of [
      SERIAL,
      'DC:A6',
      'dc:a6',
      '192.168',
      '10.0.0.1',
      'fe80:',
      'alice',
      '0123456789abcdef',
      'A1B2C3',
    ])
      expect(whole).not.toContain(secret)
    expect(whole).not.toContain(Buffer.from(MAC).toString('latin1'))
    expect(textOf(recorded, 'kernel/dmesg.txt')).toBe(
      [
        '[    0.000000] Booting Linux on physical CPU 0x0',
        '[    1.000000] HOST: USER came from /home/USER/videos, IPV6, IPV4',
        '[    1.100000] eth0: xx:xx:xx:xx:xx:xx, usb 1-1: SerialNumber: SERIAL',
        '[    1.200000] pci 0000:00:03.0: frank-x 8250/16550 driver, Serial: 8250',
        '',
      ].join('\n'),
    )
    const tree = recorded.parts.get('devicetree/board.dtb') ?? new Uint8Array()
    const was = readFileSync(join(board.root, 'sys/firmware/fdt'))
    expect(tree.length).toBe(was.length)
    expect(textOf(recorded, 'devicetree/board.dtb')).toContain('macaddr=xx:xx:xx:xx:xx:xx ip=IPV4 cma=64M')
  })
})

const shell: Shell = has('dash') ? ['dash'] : ['sh']

describe('the script', () => {
  it.skipIf(!has('shellcheck'))('has nothing that shellcheck complains of', () => {
    const { stdout } = spawnSync('shellcheck', ['-s', 'sh', script], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  it('keeps everything where that is asked for', () => {
    const board = newBoard()
    const recorded = record(shell, board, ['--no-redact'])
    expect(textOf(recorded, 'kernel/cmdline')).toContain(BOOTARGS)
    expect(recorded.parts.get('devicetree/board.dtb')).toEqual(readFileSync(join(board.root, 'sys/firmware/fdt')))
    expect(textOf(recorded, 'contents.txt')).not.toContain('redacted')
    expect(recordScript({ redact: false })).toMatch(/^REDACT=no$/m)
  })

  it('takes the tree of the running kernel where there is no blob, without its secrets', () => {
    const recorded = record(shell, newBoard(['sys/firmware']), [])
    const names = [...recorded.parts.keys()].filter((name) => name.startsWith('devicetree/'))
    expect(names.toSorted()).toEqual(['devicetree/base/chosen/bootargs', 'devicetree/base/model'])
    expect(textOf(recorded, 'devicetree/base/chosen/bootargs')).toContain('ip=IPV4')
  })

  it('says what is missing on a board that has next to nothing', () => {
    const recorded = record(shell, newBoard(['sys/', 'boot/', 'etc/', 'proc/device-tree', 'sys/kernel/tracing']), [
      '--',
      'true',
    ])
    expect(recorded.status).toBe(0)
    expect(textOf(recorded, 'contents.txt')).toMatch(/^trace\/trace.txt +missing: no tracefs/m)
    expect(textOf(recorded, 'contents.txt')).toMatch(/^devicetree\/board.dtb +missing: this machine was not booted/m)
  })

  it.each([
    [['--buffer', 'many'], 'is not a number of KiB'],
    [['--output'], 'needs a value'],
    [['gst-launch-1.0'], 'a command stands behind --'],
  ])('refuses %j', (args, why) => {
    const recorded = record(shell, newBoard(), args)
    expect(recorded.status).toBe(2)
    expect(recorded.text).toContain(why)
  })

  const interrupted = async (signal: NodeJS.Signals): Promise<Recorded & { readonly board: FakeBoard }> => {
    const board = newBoard()
    const archive = `${board.root}.tar.gz`
    const [program, ...words] = shell
    const child = spawn(program, [...words, script, '--output', archive, '--', 'sh', '-c', 'echo running; sleep 5'], {
      env: { ...process.env, DMALAB_ROOT: board.root, TMPDIR: board.root },
      detached: true,
    })
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    let text = ''
    let sent = false
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (sent || !text.includes('running') || child.pid === undefined) return
      sent = true
      // The whole group, as a terminal does it.
      process.kill(-child.pid, signal)
    })
    return { board, status: await ended, text, parts: unpack(archive) }
  }

  it('ends the command on ^C, and writes what there is', async () => {
    const { board, status, parts } = await interrupted('SIGINT')
    expect(status).toBe(0)
    expect([...parts.keys()]).toContain('trace/output.txt')
    expect(board.tracing()).toMatchObject({ tracing_on: '1', set_event: 'sched:sched_switch' })
  })

  it('puts tracing back and leaves nothing behind when it is ended', async () => {
    const { board, status, parts } = await interrupted('SIGTERM')
    expect(status).toBe(143)
    expect(parts.size).toBe(0)
    expect(board.tracing()).toMatchObject({
      tracing_on: '1',
      current_tracer: 'function',
      set_event: 'sched:sched_switch',
    })
    expect(readdirSync(board.root).filter((entry) => entry.startsWith('dmalab'))).toEqual([])
  })
})
