import { type ExplainedCode, InputError, type KlogReport } from '@dmalab/api'
import { explain, type Explained, explainedCodes, explainLog } from '@dmalab/lab'
import { codesText, codeText, kernelMessageText, klogText, lintCodeText, termText } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { OR_STANDARD_INPUT, piecesOf } from '../files.ts'

type Answer = Explained | readonly ExplainedCode[] | KlogReport

export default class Explain extends BaseCommand {
  static override summary = 'Explain any name that dmalab prints, or what a kernel log says about DMA memory.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> unmap-size',
    '<%= config.bin %> <%= command.id %> F-07',
    '<%= config.bin %> <%= command.id %>',
    'dmesg | <%= config.bin %> <%= command.id %> --dmesg -',
  ]
  static override args = {
    code: Args.string({
      ignoreStdin: true,
      description:
        'Finding code, code of board lint or board facts, id of a kernel message, verdict, errno, step, patch, rd-13, F-07; without one all finding codes are listed',
    }),
  }
  static override flags = {
    dmesg: Flags.string({ summary: `Kernel log to look through, ${OR_STANDARD_INPUT}`, helpValue: 'FILE' }),
  }

  async run(): Promise<Answer> {
    const { args, flags } = await this.parse(Explain)
    if (flags.dmesg === undefined) return this.code(args.code)
    if (args.code !== undefined) throw new InputError('give a code or --dmesg, not both')
    // Bytes, not text: a log may be UTF-16.
    const report = await explainLog(piecesOf(flags.dmesg))
    if (report.lines === 0) throw new InputError('nothing to check: the log is empty', { file: flags.dmesg })
    this.tell(klogText(flags.dmesg, report), 0)
    return report
  }

  private code(code: string | undefined): Answer {
    if (code === undefined) {
      const codes = explainedCodes()
      this.tell(codesText(codes))
      return codes
    }
    const explained = explain(code)
    this.tell(textOf(explained), 0)
    return explained
  }
}

const textOf = (explained: ReturnType<typeof explain>): string => {
  if ('forms' in explained) return kernelMessageText(explained)
  if ('commands' in explained) return termText(explained)
  return 'severity' in explained ? codeText(explained) : lintCodeText(explained)
}
