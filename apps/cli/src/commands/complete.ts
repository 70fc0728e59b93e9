import { openRegistry } from '@dmalab/lab/node'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { type Candidate, candidatesFor } from '../completion/candidates.ts'
import { knownCommands } from '../completion/known-commands.ts'
import { splitLine } from '../completion/line.ts'
import { valuesAt } from '../completion/values.ts'

export default class Complete extends BaseCommand {
  static override hidden = true
  static override summary = 'List what can stand at the end of a command line: what the scripts of `completion` call.'
  static override examples = ['<%= config.bin %> <%= command.id %> -- "dmalab run founding --kernel arm64@"']
  static override args = {
    line: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'The line up to the cursor, with the program',
    }),
  }
  static override flags = {
    breaks: Flags.string({ default: '', summary: 'Characters at which the shell breaks words (bash)' }),
  }

  async run(): Promise<{ readonly candidates: readonly Candidate[]; readonly files: boolean }> {
    const { args, flags } = await this.parse(Complete)
    const line = splitLine(args.line)
    const given = line.before.filter((_word, i) => line.before[i - 1] === '--plugin')
    const registry = await openRegistry({ ...this.plugins(given), onBroken: () => undefined })
    const found = candidatesFor(line, knownCommands(this.config), (place) => valuesAt(place, registry))
    const cut = line.quote === '' ? cutAt(line.current, flags.breaks) : 0
    const candidates = found.candidates.map(({ value, about }) => ({ value: value.slice(cut), about }))
    for (const { value, about } of candidates) this.log(about === '' ? value : `${value}\t${about}`)
    if (found.files) this.log(':files')
    return { candidates, files: found.files }
  }
}

/** bash takes what follows the last of its breaks for the word. */
const cutAt = (typed: string, breaks: string): number =>
  1 + Math.max(-1, ...Array.from(breaks, (char) => typed.lastIndexOf(char)))
