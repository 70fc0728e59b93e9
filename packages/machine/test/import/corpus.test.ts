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
