import { createReadStream, statSync } from 'node:fs'
import { type ExplainedCode, type ExplainedLint, type ExplainedMessage, InputError } from '@dmalab/api'
import { explain, explainedCodes, explainLog } from '@dmalab/lab'
import { codesText, codeText, lintCodeText, messagesText } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { OR_STANDARD_INPUT } from '../files.ts'
import { linesOf } from '../log/lines.ts'

type Explained = ExplainedCode | ExplainedLint | readonly ExplainedCode[] | readonly ExplainedMessage[]

export default class Explain extends BaseCommand {
  static override summary =
    'Explain a finding code or one of board lint, or the DMA messages in a kernel log: cause, next check, usual fixes.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> unmap-size',
    '<%= config.bin %> <%= command.id %>',
    'dmesg | <%= config.bin %> <%= command.id %> --dmesg -',
  ]
  static override args = {
    code: Args.string({ ignoreStdin: true, description: 'Finding code; without one all are listed' }),
  }
  static override flags = {
    dmesg: Flags.string({ summary: `Kernel log to look through, ${OR_STANDARD_INPUT}`, helpValue: 'FILE' }),
  }

  async run(): Promise<Explained> {
    const { args, flags } = await this.parse(Explain)
    if (flags.dmesg === undefined) return this.code(args.code)
    if (args.code !== undefined) throw new InputError('give a code or --dmesg, not both')
    const messages = await explainLog(linesOf(logText(flags.dmesg)))
    this.log(messagesText(flags.dmesg, messages))
    return messages
  }

  private code(code: string | undefined): Explained {
    if (code === undefined) {
      const codes = explainedCodes()
      this.log(codesText(codes))
      return codes
    }
    const explained = explain(code)
    this.log('severity' in explained ? codeText(explained) : lintCodeText(explained))
    return explained
  }
}

/** @throws InputError for a file that is not there */
const logText = (file: string): AsyncIterable<string> => {
  if (file === '-') return process.stdin.setEncoding('latin1')
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new InputError('no such file', { file })
  if (stat.isDirectory()) throw new InputError('this is a folder; a log is one file', { file })
  return createReadStream(file, 'latin1')
}
