import { describe, expect, it } from 'vitest'
import { boardYaml } from '../../src/import/board-yaml.ts'
import { importBoard } from '../../src/import/board.ts'
import { readMachine } from '../../src/read-machine.ts'
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
