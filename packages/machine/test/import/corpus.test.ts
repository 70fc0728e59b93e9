import type { DeviceFacts } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { boardYaml } from '../../src/import/board-yaml.ts'
import { importBoard, machineFromDtb } from '../../src/import/board.ts'
import { readMachine } from '../../src/read-machine.ts'
import { shippedBoard } from '../../src/shipped-boards.ts'
import { CORPUS, corpusBytes, corpusIsHere, corpusJson } from '../corpus.ts'

interface Board {
  readonly dtb: string
  readonly arch: 'armhf' | 'arm64' | 'riscv64'
}
const boards = corpusIsHere ? corpusJson<Board[]>('index.json') : []

describe.skipIf(!corpusIsHere)(`boards of ${CORPUS} as machines`, () => {
  it.each(boards)('$dtb is written as YAML that reads back as the same machine', ({ dtb, arch }) => {
    const imported = importBoard(corpusBytes(dtb), { file: dtb, memorySize: 2 ** 31 })
    expect(imported.facts.arch).toBe(arch)
    expect(readMachine(boardYaml(imported), dtb)).toEqual(imported.machine)
  })
})

/** What decodes H.264, converts and shows pictures on each board; null: nothing that is enabled does. Read off the trees, by their drivers. */
const WORKERS: Readonly<Record<string, readonly [string | null, string | null, string | null]>> = {
  'apm-mustang.dtb': [null, null, null],
  'bcm2711-rpi-4-b.dtb': [null, null, 'hvs'],
  'exynos4412-odroidu3.dtb': ['codec', 'fimc', 'mixer'],
  'exynos5250-arndale.dtb': ['codec', 'gsc', 'fimd'],
  'exynos5422-odroidxu4-mfc-pools.dtb': ['codec', 'video-scaler', 'mixer'],
  'exynos5422-odroidxu4.dtb': ['codec', 'video-scaler', 'mixer'],
  'fsl-ls2080a-rdb.dtb': [null, null, null],
  'imx6q-sabrelite.dtb': ['vpu', 'capture-subsystem', 'ipu'],
  'imx8mp-evk.dtb': ['video-codec', 'dwe', 'display-controller'],
  'jh7100-starfive-visionfive-v1.dtb': [null, null, null],
  'juno.dtb': [null, null, 'hdlcd'],
  'k3-am625-sk.dtb': [null, null, 'dss'],
  // Its display controller is disabled.
  'k3-j721s2-common-proc-board.dtb': ['video-codec', null, null],
  'mt7986a-rfb.dtb': [null, null, null],
  'mt8192-asurada-spherion-r0.dtb': ['video-codec', null, 'ovl'],
  'r8a774a1-hihope-rzg2m.dtb': [null, 'fdp1', 'display'],
  'rk3399-rockpro64.dtb': ['video-codec', 'rga', 'vop'],
  // Its display controller is disabled, so the display subsystem has nothing to show with.
  'rk3588-rock-5b.dtb': ['video-codec', 'rga', null],
  'sc7180-idp.dtb': ['video-codec', null, 'display-subsystem'],
  'sdm845-db845c.dtb': ['video-codec', null, 'display-subsystem'],
  'stm32mp157c-dk2.dtb': [null, null, 'display-controller'],
  'sun5i-a13-olinuxino.dtb': ['video-codec', null, 'display-backend'],
  'vexpress-v2p-ca9.dtb': [null, null, 'clcd'],
}

describe.skipIf(!corpusIsHere)(`media devices of the boards of ${CORPUS}`, () => {
  it.each(boards)('$dtb decodes, converts and shows with what it has', ({ dtb }) => {
    const { bindings } = machineFromDtb(corpusBytes(dtb), { file: dtb, memorySize: 2 ** 31 })
    const worker = (factory: string): string | null => bindings[factory]?.replace(/^[\da-f]+\./, '') ?? null
    const decoder = Object.keys(bindings).find((factory) => /^v4l2(sl)?[a-z0-9]+dec$/.test(factory)) ?? ''
    expect([worker(decoder), worker('v4l2convert'), worker('kmssink')]).toEqual(WORKERS[dtb])
  })
})

/** Shipped boards that describe a board of the corpus. */
const SHIPPED: readonly (readonly [shipped: string, dtb: string])[] = [
  ['odroid-u3', 'exynos4412-odroidu3.dtb'],
  ['rk3399-rockpro64', 'rk3399-rockpro64.dtb'],
  ['bcm2711-rpi-4-b', 'bcm2711-rpi-4-b.dtb'],
  ['imx8mp-evk', 'imx8mp-evk.dtb'],
  ['k3-am625-sk', 'k3-am625-sk.dtb'],
  ['apm-mustang', 'apm-mustang.dtb'],
]

describe.skipIf(!corpusIsHere)(`shipped boards beside those of ${CORPUS}`, () => {
  it.each(SHIPPED)('%s says what %s says', (shipped, dtb) => {
    const board = shippedBoard(shipped)
    const imported = machineFromDtb(corpusBytes(dtb), { file: dtb, memory: board.memory })
    expect(board.cpu).toEqual(imported.cpu)
    expect(board.arch).toBe(imported.arch)
    const static_ = imported.reserved.filter((region) => region.name.includes('@'))
    for (const { base, len, noMap } of static_)
      expect(board.reserved).toContainEqual(expect.objectContaining({ base, len, noMap }))
    // Titles of shipped devices hold the node path, or the name of the platform device, wherever a node is meant.
    const pairs = board.devices.flatMap((device) => {
      const words = (device.title ?? '').split(/[ ,()]+/)
      const node = imported.devices.find(({ name, title = '?' }) => words.includes(title) || words.includes(name))
      return node === undefined ? [] : [[facts(device), facts(node)]]
    })
    expect(pairs.map(([ours]) => ours)).toEqual(pairs.map(([, theirs]) => theirs))
    expect(pairs.length).toBeGreaterThan(0)
  })
})

const facts = ({ coherent, dmaRanges = [] }: DeviceFacts) => ({ coherent, dmaRanges })
