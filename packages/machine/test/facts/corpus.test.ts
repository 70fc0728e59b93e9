import { describe, expect, it } from 'vitest'
import { dmaFacts } from '../../src/facts/dma-facts.ts'
import { mediaClasses } from '../../src/facts/media-classes.ts'
import type { DmaFacts } from '../../src/facts/types.ts'
import { CORPUS, corpusBytes, corpusIsHere, corpusJson } from '../corpus.ts'

interface Board {
  readonly dtb: string
  readonly expected: string
  readonly file: string
  readonly arch: 'armhf' | 'arm64' | 'riscv64'
}
interface Case {
  readonly file: string
  readonly what: string
  readonly expected?: Partial<DmaFacts>
}
const boards = corpusIsHere ? corpusJson<Board[]>('index.json') : []
const cases = corpusIsHere ? corpusJson<{ cases: Case[] }>('malformed/cases.json').cases : []

describe.skipIf(!corpusIsHere)(`DMA facts of the boards in ${CORPUS}`, () => {
  it.each(boards)('$dtb has the expected facts', ({ dtb, expected, file, arch }) => {
    expect(dmaFacts(corpusBytes(dtb), { file, arch })).toEqual(corpusJson<DmaFacts>(expected))
  })

  it.each(cases.filter((each) => each.expected !== undefined))('$file: $what', ({ file, expected = {} }) => {
    const facts = dmaFacts(corpusBytes(`malformed/${file}`), { file, arch: 'armhf' })
    const asked = Object.keys(expected).map((key) => [key, facts[key as keyof DmaFacts]])
    expect(Object.fromEntries(asked)).toEqual(expected)
  })

  it('classes of media devices are the listed ones', () => {
    expect(mediaClasses()).toEqual(corpusJson('media-classes.json'))
  })
})
