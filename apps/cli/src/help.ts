// oclif's help, in the width of the terminal, and with our answer to a name that it does not know.
import { foldLine, plain, widthOf } from '@dmalab/report'
import { Errors, Help as OclifHelp } from '@oclif/core'
import { EXIT } from './bad-input.ts'
import { columnsOf } from './columns.ts'
import { tellUnknown } from './hooks/unknown-command.ts'

export default class Help extends OclifHelp {
  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.slice(0, [...argv, '--'].indexOf('--')).filter((word) => !word.startsWith('-'))
    if (words.length === 0 || this.leadsTo(words)) return super.showHelp(argv)
    tellUnknown(words, argv, this.config)
    throw new Errors.ExitError(EXIT.input)
  }

  /** What follows a command is its own affair. */
  private leadsTo(words: readonly string[]): boolean {
    return (
      words.some((_, at) => this.config.findCommand(words.slice(0, at + 1).join(':')) !== undefined) ||
      this.config.findTopic(words.join(':')) !== undefined
    )
  }

  protected override log(...args: string[]): void {
    const columns = columnsOf(process.env, process.stdout)
    super.log(
      ...args.map((text) =>
        text
          .split('\n')
          .flatMap((line) => foldHelp(line, columns))
          .join('\n'),
      ),
    )
  }
}

/** An example is folded as a shell takes it; anything else that is too long, such as a summary, by words. */
export const foldHelp = (line: string, columns: number): readonly string[] => {
  if (widthOf(line) <= columns) return [line]
  if (!/^\s*\$/.test(plain(line))) return foldLine(line, columns)
  const lines = foldLine(line, columns - 2)
  return lines.map((one, at) => (at < lines.length - 1 ? `${one} \\` : one))
}
