// What users brought to public trackers (../shared/field/cases), through the diagnosis: each with the cause that its thread found.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { diagnosed, ofFile, ofText, words } from './diagnose-files.ts'

const CASES = join(import.meta.dirname, '../../../shared/field/cases')
const VIRT = readFileSync(join(import.meta.dirname, '../../scenarios/boards/virt-arm64.yaml'), 'utf8')

const ofCase = (name: string, files: readonly string[]) =>
  diagnosed(files.map((file) => ofFile(join(CASES, name, file))))

describe.skipIf(!existsSync(CASES))('cases of users', () => {
  test('01: a PCIe window at 2^36: a mask of 36 bits reaches nothing, 37 do', async () => {
    const one = await ofCase('01-pi5-vl805-36bit', ['dmesg.txt', 'board.dtb'])
    expect(one.answers.map(({ id, certainty }) => [id, certainty])).toEqual([['controller-no-memory', 'certain']])
    expect(words(one)).toMatch(/reaches no memory at all.* 0x1000000000 .*takes 37 bits to reach any/)
    expect(one.answers[0]?.shown).toMatchObject({ verdict: 'refused' })
    expect(one.answers[0]?.evidence.map(({ line }) => line)).toEqual([2, 3, null])
  })

  test('03: a pool above the 32 bits that a device has; dma-mask = 64', async () => {
    const one = await ofCase('03-high-cma', ['board.dtb'])
    expect(one.answers[0]).toMatchObject({ id: 'pool-beyond-mask', certainty: 'likely' })
    expect(words(one)).toMatch(/dma-mask = <64>/)
    expect(one.answers[0]?.shown).toMatchObject({ verdict: 'refused' })
    expect(one.answers[0]?.shown?.detail).toContain('ddr4_buf@0')
  })

  test('05: cma=2048M beside the kernel in 2 GiB of low memory', async () => {
    const one = await ofCase('05-cma-2048', ['dmesg.txt', 'board.dtb'])
    expect(one.answers[0]).toMatchObject({ id: 'cma-reserve-failed', certainty: 'certain' })
    expect(words(one)).toMatch(/2048 MiB cannot be one piece.*2048 MiB of the 4096 MiB .* below 4 GiB/)
  })

  test.each([
    ['07-amd-split', ['dmesg.txt'], 'amd-io-page-fault', /04:00\.0 tried a write at 0x0*ff1d0280/],
    ['09-rk-rga', ['dmesg.txt'], 'rk-iommu-fault', /read at IOVA 0x2010040 is not mapped[^]*stride/],
    ['11-tegra', ['dmesg.txt'], 'tegra-mc-fault', /write at 0x80180000: not mapped/],
    ['28-page-alloc', ['a.txt'], 'page-alloc-warning', /75 MiB[^]*no CMA|no CMA[^]*75 MiB/],
    ['28-page-alloc', ['b.txt'], 'page-alloc-failure', /dma_common_contiguous_remap|array of pages|page array/],
    ['31-vc4-pfns-busy', ['dmesg.txt'], 'cma-pages-busy', /pinned[^]*fragment/],
    ['33-cma-16-one-page', ['dmesg.txt'], 'cma-alloc-failed', /pinned or under I\/O/],
  ])('%s %j: %s', async (name, files, id, says) => {
    const one = await ofCase(name, files)
    expect(one.answers.map((answer) => answer.id)).toEqual([id])
    expect(words(one)).toMatch(says)
  })

  test('13: cma= replaces the node: harmless', async () => {
    const one = await ofCase('13-cma-bypass', ['dmesg.txt'])
    expect(one.answers).toEqual([])
    expect(one.notes.filter(({ kind }) => kind === 'harmless').map(({ id }) => id)).toEqual([
      'rmem-bypassed',
      'rmem-no-driver',
    ])
  })

  /** The boards that these two were written for are not among the cases. */
  const onBoard = async (name: string, file: string, devices: Readonly<Record<string, string>>) => {
    let text = readFileSync(join(CASES, name, file), 'utf8')
    for (const [device, ours] of Object.entries(devices)) text = text.replaceAll(`device: ${device}`, `device: ${ours}`)
    return diagnosed([ofText(file, text.replace(/, above: \w+/, '')), ofText('virt.yaml', VIRT)])
  }
  test('16: a kernel mapping is read without begin_cpu_access: stale', async () => {
    const one = await onBoard('16-evdi', 'vmap.yaml', { codec: 'plain' })
    expect(one.answers.find(({ id }) => id === 'stale-read')).toMatchObject({ shown: { verdict: 'corrupt' } })
    expect(words(one)).toMatch(/was not synced for the CPU/)
  })
  test('18: the rest of a bounced buffer survives: it works', async () => {
    const one = await onBoard('18-partial-write', 'partial.yaml', { narrow: 'bouncing' })
    expect(one.answers.filter(({ evidence }) => evidence.some(({ file }) => file === 'partial.yaml'))).toEqual([])
    expect(one.notes.map(({ id }) => id)).toEqual(['model-works'])
  })

  test('20: the log and the trace agree on an unmap with the received length', async () => {
    const one = await ofCase('20-ftgmac', ['dmesg.txt', 'net.trace'])
    expect(one.answers.map(({ id, certainty }) => [id, certainty])).toEqual([['dma-debug-unmap-size', 'certain']])
    expect(one.answers[0]?.evidence.map(({ line }) => line)).toEqual([2, 8, 10])
    expect(words(one)).toMatch(
      /unmapped with 42 B instead of 1536 B[^]*do not unmap with the length that the device reported/,
    )
  })

  test('25: /memreserve/ has the memory already: benign', async () => {
    const one = await ofCase('25-fenix-memreserve', ['dmesg.txt', 'board.dtb'])
    expect(one.answers).toEqual([])
    expect(one.notes).toMatchObject([{ kind: 'harmless', id: 'rmem-reserve-failed' }])
  })

  test('36: a device goes by the name that the kernel gives it', async () => {
    const tree = join(CASES, '../../boards/imx8mp-evk.dtb')
    const name = readFileSync(join(CASES, '36-device-names/name.yaml'), 'utf8')
    const own = await diagnosed([
      ofText('name.yaml', `${name.replace('38300000.blk-ctrl', '38300000.video-codec')}  - { do: free, buffer: b }\n`),
      ofFile(tree),
    ])
    expect(own.notes).toMatchObject([{ id: 'model-works' }])
    const other = await diagnosed([ofText('name.yaml', name), ofFile(tree)])
    expect(other.notExamined.join('\n')).toMatch(/no device .38300000\.blk-ctrl.; it has/)
  })
})
