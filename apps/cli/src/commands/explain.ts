import { createReadStream, statSync } from 'node:fs'
import { InputError } from '@dmalab/api'
import {
  createDmesgExplainer,
  explainCode,
  explainedCodes,
  type ExplainedCode,
  type ExplainedMessage,
} from '@dmalab/checker'
import { LINT_CODES } from '@dmalab/machine'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { OR_STANDARD_INPUT } from '../files.ts'
import { type ExplainedLint, renderCode, renderCodes, renderLintCode, renderMessages } from '../log/explain-text.ts'
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
    dmesg: Flags.string({
      summary: `Kernel log to look through, ${OR_STANDARD_INPUT}`,
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<Explained> {
    const { args, flags } = await this.parse(Explain)
    if (flags.dmesg !== undefined) {
      if (args.code !== undefined) throw new InputError('give a code or --dmesg, not both')
      const messages = await explainLog(flags.dmesg)
      this.log(renderMessages(flags.dmesg, messages))
      return messages
    }
    if (args.code === undefined) {
      const codes = explainedCodes()
      this.log(renderCodes(codes))
      return codes
    }
    const found = lintCode(args.code)
    if (found !== undefined) {
      this.log(renderLintCode(found))
      return found
    }
    const explained = explainCode(args.code)
    if (explained === undefined) throw new InputError(`${args.code} is no finding code`, {}, near(args.code))
    this.log(renderCode(explained))
    return explained
  }
}

const explainLog = async (file: string): Promise<readonly ExplainedMessage[]> => {
  const stat = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false })
  if (file !== '-' && stat === undefined) throw new InputError('no such file', { file })
  if (stat?.isDirectory() === true) throw new InputError('this is a folder; a log is one file', { file })
  const input = file === '-' ? process.stdin.setEncoding('latin1') : createReadStream(file, 'latin1')
  const explainer = createDmesgExplainer()
  for await (const line of linesOf(input)) explainer.line(line)
  return explainer.finish()
}

/** What `board lint` reports has a code too. */
const lintCode = (typed: string): ExplainedLint | undefined => {
  const known = Object.entries(LINT_CODES).find(([code]) => code === typed)
  return known === undefined ? undefined : { code: known[0], title: known[1] }
}

/** Codes that share a word with what was typed. */
const near = (typed: string): string => {
  const words = typed
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 2)
  const like = [...explainedCodes().map(({ code }) => code), ...Object.keys(LINT_CODES)].filter((code) =>
    words.some((word) => code.includes(word)),
  )
  return like.length === 0 ? '`dmalab explain` lists all codes' : `did you mean ${like.slice(0, 5).join(', ')}?`
}
