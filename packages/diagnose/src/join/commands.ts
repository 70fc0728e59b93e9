// Advice that names a command is about the files at hand: a command that is printed can be given as it stands.
import type { Experiment } from '@dmalab/api'
import type { Case } from '../facts/case-facts.ts'
import type { Draft } from './draft.ts'

/** A word as a POSIX shell takes it. */
export type Quote = (word: string) => string

const ON_THE_BOARD = '/sys/firmware/fdt'

/** A part of an archive is no file, nor is what came through a pipe. */
const isFile = (file: string): boolean => !/\.(?:tar|tgz|gz|xz|zst|bz2|lz4):/.test(file) && file !== '-'

/** The operations of a trace on the model: for a board whose devices it names. */
export const replayOf = (one: Case, kernel: string | undefined, quote: Quote): Experiment | undefined => {
  const { board } = one
  const trace = one.traces.find(({ facts }) =>
    [...facts.devices.keys()].some((name) => board?.machine.devices.some((device) => device.name === name)),
  )
  if (board === undefined || trace === undefined || kernel === undefined || ![board.file, trace.file].every(isFile))
    return undefined
  const memory = board.kind === 'tree' ? board.memory.flatMap((bank) => ['--memory', bank]) : []
  const overlays = board.kind === 'tree' ? board.overlays.flatMap((file) => ['--overlay', file]) : []
  const words = [
    'dmalab',
    'trace',
    'replay',
    trace.file,
    '--board',
    board.file,
    ...memory,
    ...overlays,
    '--kernel',
    kernel,
  ]
  return {
    why: 'the operations of the trace on the model of this board: another kernel, mask or option shows what would have come of them',
    command: words.map(quote).join(' '),
  }
}

export const nameFiles = (draft: Draft, one: Case, quote: Quote): void => {
  const plain = (file: string | undefined): string | undefined =>
    file === undefined || !isFile(file) ? undefined : quote(file)
  const tree = plain(one.board?.file)
  const trace = plain(one.traces[0]?.file)
  const named = (text: string): string =>
    text
      .replaceAll(/`dmalab board (facts|lint|show) FILE\.dtb`/g, (_, verb: string) =>
        tree === undefined
          ? `\`dmalab board ${verb} ${ON_THE_BOARD}\` on the board`
          : `\`dmalab board ${verb} ${tree}\``,
      )
      .replaceAll(/`dmalab trace (check|stats)`/g, (_, verb: string) =>
        trace === undefined ? '`dmalab record --script`' : `\`dmalab trace ${verb} ${trace}\``,
      )
  draft.next = draft.next === null ? null : named(draft.next)
  for (const [index, text] of draft.tries.entries()) draft.tries[index] = named(text)
}
