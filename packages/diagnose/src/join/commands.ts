// Advice that names a command is about the files at hand: a command that is printed can be given as it stands.
import type { Case } from '../facts/case-facts.ts'
import type { Draft } from './draft.ts'

/** A word as a POSIX shell takes it. */
export type Quote = (word: string) => string

const ON_THE_BOARD = '/sys/firmware/fdt'

export const nameFiles = (draft: Draft, one: Case, quote: Quote): void => {
  // A part of an archive is no file.
  const plain = (file: string | undefined): string | undefined =>
    file === undefined || /\.(?:tar|tgz|gz):/.test(file) || file === '-' ? undefined : quote(file)
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
