// How the memory of a udmabuf's task is contiguous: chance on the real machine. From the release on that joins adjacent pages the
// answers depend on it, and the record tells it where the buffer is mapped first.
import { PAGE_SIZE } from '@dmalab/api'
import type { ProgramRecord } from '../records.ts'
import type { DmaBoot } from './dma-boot.ts'

/** Before the `udmabuf` of step `index`: how long the runs of adjacent pages are, in pages; empty where nothing tells. */
export const setUserRuns = (boot: DmaBoot, record: ProgramRecord, index: number): void => {
  const [command, buffer, size = '0'] = wordsOf(record, index)
  if (command !== 'udmabuf' || !boot.lab.facts.udmabufMerges) return
  const steps = record.steps.map((_, i) => i).filter((i) => i > index)
  const attached = steps.flatMap((i) => {
    const [word, name, of] = wordsOf(record, i)
    return word === 'attach' && of === buffer ? [name] : []
  })
  const mapped = steps.find((i) => {
    const [word, name] = wordsOf(record, i)
    return word === 'dmap' && attached.includes(name) && record.steps[i]?.startsWith('dmap ok') === true
  })
  boot.userRuns = mapped === undefined ? [] : runsOf(record.steps[mapped] ?? '', Number(size) / PAGE_SIZE)
}

/** `dmap ok nents=2/2 | direct+3000 d=0 | ...`: the runs themselves, or where segments were joined their number. */
const runsOf = (answer: string, pages: number): readonly number[] => {
  const [, segments, runs] = /nents=(\d+)\/(\d+)/.exec(answer) ?? []
  const lengths = [...answer.matchAll(/ \|~? \S+\+([0-9a-f]+)/g)].map(
    ([, len = '0']) => Number.parseInt(len, 16) / PAGE_SIZE,
  )
  if (segments === runs && lengths.length === Number(runs)) return lengths
  const single = Number(runs) - 1
  return [...Array.from({ length: single }, () => 1), pages - single]
}

const wordsOf = ({ program }: ProgramRecord, index: number): string[] => (program[index] ?? '').split(' ')
