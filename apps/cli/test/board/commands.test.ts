// The commands of the topic `board` as a user calls them: exit codes, --json, one clear message for bad input.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { readBoard } from '@dmalab/lab'
import { dmalabWith, type Ended } from '../dmalab.ts'

const CORPUS = fileURLToPath(new URL('../../../../../shared/boards/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dmalab-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const piped = (input: string | Uint8Array, ...args: readonly string[]): Promise<Ended> =>
  dmalabWith({ cwd: folder, input }, ...args)
const dmalab = (...args: readonly string[]): Promise<Ended> => piped('', ...args)

describe('dmalab board', () => {
  it('lists the shipped boards', async () => {
    const { code, out } = await dmalab('board', 'list', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ name: 'odroid-xu4-2017', arch: 'arm' }))
  })

  it('shows a board: where its pools lie and what they mean', async () => {
    const { code, out } = await dmalab('board', 'show', 'odroid-xu4-2017')
    expect(code).toBe(0)
    expect(out).toMatch(/0x51000000 .* left .* coherent pool .* since 5\.12 .* no /)
    expect(out).toContain('allocates from pool left (16 MiB): no struct page')
  })

  it('says in one line what is wrong with a file, and exits with 2', async () => {
    writeFileSync(join(folder, 'bad.dtb'), Buffer.from([0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 40]))
    const { code, out, err } = await dmalab('board', 'facts', 'bad.dtb')
    expect([code, out]).toEqual([2, ''])
    expect(err).toBe(
      'error: bad.dtb: no valid device tree blob: TRUNCATED at byte 8 (0x8): the smallest header takes 28 bytes\n',
    )
  })

  it('reads a board file from standard input wherever it takes a file, and says - where it complains', async () => {
    const board = readFileSync(new URL('../../../../scenarios/boards/virt-arm64.yaml', import.meta.url))
    expect((await piped(board, 'board', 'show', '-')).out).toContain('virt-arm64')
    expect(JSON.parse((await piped(board, 'board', 'lint', '-', '--json')).out)).toMatchObject({ file: '-' })
    expect(await piped('name: x\nmemroy: []\n', 'board', 'show', '-')).toMatchObject({
      code: 2,
      err: expect.stringContaining('error: -:2:1: memroy: unknown key memroy'),
    })
    const scenario = fileURLToPath(new URL('../../../../scenarios/generic-iommu-strict.yaml', import.meta.url))
    expect(await piped(board, 'run', scenario, '--board', '-')).toMatchObject({ code: 0 })
  })

  it('reads a scenario from standard input, and standard input only once', async () => {
    const scenario = readFileSync(new URL('../../../../scenarios/generic-iommu-strict.yaml', import.meta.url), 'utf8')
    const board = fileURLToPath(new URL('../../../../scenarios/boards/virt-arm64.yaml', import.meta.url))
    expect(await piped(scenario, 'run', '-', '--board', board)).toMatchObject({ code: 0 })
    expect(await piped(scenario, 'run', '-', '--board', '-')).toMatchObject({
      code: 2,
      err: 'error: -: standard input can be read once\nhint: give - for one file only\n',
    })
  })

  it('tells a file without a suffix from a board that is not there', async () => {
    writeFileSync(join(folder, 'myboard'), '<html>')
    const bare = await dmalab('board', 'show', 'myboard')
    expect(bare).toMatchObject({ code: 2, err: expect.stringContaining('write ./myboard') })
    expect(await dmalab('board', 'lint', './myboard')).toMatchObject({
      code: 2,
      err: expect.stringContaining('HTML or XML'),
    })
  })

  it('says the same in JSON', async () => {
    const { code, out } = await dmalab('board', 'show', 'no-such-board', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ error: { message: 'no board is named no-such-board' } })
  })
})

describe.skipIf(!existsSync(CORPUS))('dmalab board with the boards of ../shared/boards', () => {
  const dtb = (name: string): string => join(CORPUS, `${name}.dtb`)

  it('states the facts of several in the order given, and complains of each bad one', async () => {
    const malformed = join(CORPUS, 'malformed', 'magic-off-by-one.dtb')
    const { code, out } = await dmalab('board', 'facts', dtb('juno'), malformed, dtb('sun5i-a13-olinuxino'), '--json')
    expect(code).toBe(2)
    const facts = JSON.parse(out) as Record<string, unknown>[]
    const expected = JSON.parse(readFileSync(join(CORPUS, 'juno.expected.json'), 'utf8')) as Record<string, unknown>
    expect(facts[0]).toEqual({ ...expected, file: dtb('juno') })
    expect(facts[1]).toMatchObject({ error: { message: expect.stringContaining('BADMAGIC') } })
    expect(facts[2]).toMatchObject({ arch: 'armhf', model: 'Olimex A13-Olinuxino' })
  })

  it('states the facts of a tree on standard input, and imports it under the name of its board', async () => {
    const blob = readFileSync(dtb('juno'))
    const expected = JSON.parse(readFileSync(join(CORPUS, 'juno.expected.json'), 'utf8')) as Record<string, unknown>
    expect(JSON.parse((await piped(blob, 'board', 'facts', '-', '--json')).out)).toEqual({ ...expected, file: '-' })
    expect((await piped(blob, 'board', 'import', '-')).out).toContain('name: arm-juno')
  })

  it('lints, and fails from the severity asked for', async () => {
    const lint = (...flags: string[]) => dmalab('board', 'lint', dtb('sc7180-idp'), ...flags)
    expect((await lint()).code).toBe(0)
    expect((await lint('--fail-on', 'warning')).code).toBe(3)
    expect(JSON.parse((await lint('--json')).out)).toMatchObject({
      findings: [
        { code: 'region-overlap', severity: 'error' },
        { code: 'memory-not-stated', severity: 'info' },
      ],
    })
  })

  it('imports a board into YAML that is a board, given the memory it does not state', async () => {
    expect(await dmalab('board', 'import', dtb('rk3399-rockpro64'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('--memory 2GiB'),
    })
    expect(await dmalab('board', 'import', '--memory', '2GiB', dtb('rk3399-rockpro64'), '-o', '.')).toMatchObject({
      code: 2,
      err: expect.stringContaining('error: .: cannot be written: it is a folder'),
    })
    const { code } = await dmalab('board', 'import', '--memory', '2GiB', dtb('rk3399-rockpro64'), '-o', 'mine.yaml')
    expect(code).toBe(0)
    const machine = readBoard(readFileSync(join(folder, 'mine.yaml')), 'mine.yaml')
    expect(machine).toMatchObject({ name: 'rk3399-rockpro64', arch: 'arm64', memory: [{ base: 0, len: 2 ** 31 }] })
    expect((await dmalab('board', 'show', 'mine.yaml')).out).toContain('ff650000.video-codec')
  })
})
