import { InputError, KERNEL_TEXTS, type LogCheck, type LogOutcome } from '@dmalab/api'
import { checkLog, explainCode, foundSomething, kernelLines } from '@dmalab/lab'
import { readTrace } from '@dmalab/lab/node'
import { checkText, junitOf, sarifOf, whyUnchecked } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { EXIT } from '../../bad-input.ts'
import { BaseCommand } from '../../base-command.ts'
import { eachLog } from '../../log/each-log.ts'
import { fileUri } from '../../log/file-uri.ts'
import { fileArg, markerPattern, recordEvents } from '../../log/flags.ts'

export default class TraceCheck extends BaseCommand {
  static override summary =
    'Check the DMA operations of real ftrace logs: what dma-debug would say, and what it does not see.'
  static override description =
    'Exit code 3 when anything of severity warning or error is found; 2 when a log cannot be read or has no event to check. What a log cannot prove is never an error: see docs/findings.md.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> out.trace',
    '<%= config.bin %> <%= command.id %> out.trace --kernel-text 6.12',
    'cat /sys/kernel/tracing/trace | <%= config.bin %> <%= command.id %> -',
    '<%= config.bin %> <%= command.id %> *.trace --format sarif > findings.sarif',
  ]
  static override strict = false
  static override args = { file: fileArg }
  static override flags = {
    'kernel-text': Flags.option({ options: KERNEL_TEXTS })({
      summary: 'Show dma-debug’s messages as this release words them; without it types are those of the log',
    }),
    format: Flags.option({ options: ['text', 'sarif', 'junit'] as const })({
      default: 'text',
      summary: 'What to print',
    }),
    'unbind-marker': Flags.string({
      summary: 'Markers that say a driver was unbound from its device: what it left mapped is a leak',
      helpValue: 'REGEX',
    }),
    quiet: Flags.boolean({ char: 'q', summary: 'Leave out notes (severity info)' }),
  }

  async run(): Promise<readonly LogOutcome[]> {
    const { argv, flags } = await this.parse(TraceCheck)
    const kernelText = flags['kernel-text']
    const options = {
      ...(kernelText === undefined ? {} : { kernelText }),
      ...(flags['unbind-marker'] === undefined ? {} : { unbindMarker: markerPattern(flags['unbind-marker']) }),
    }
    const shown = { hideInfo: flags.quiet, ...(kernelText === undefined ? {} : { kernelLines }) }
    const work = async (file: string): Promise<LogCheck> => {
      const check = await checkLog(file, (onEvent, bare) => readTrace(file, onEvent, { bare }), options)
      if (flags.format === 'text') this.tell(checkText(check, shown))
      const why = whyUnchecked(check)
      if (why !== undefined) throw new InputError(why, { file }, recordEvents(file))
      return check
    }
    const results = await eachLog(argv.map(String), work)
    const errors = results.flatMap((one) => ('error' in one ? [one.error] : []))
    const outcomes = results.map((one) => ('value' in one ? one.value : uncheckedLog(one.file, one.error)))
    if (flags.format === 'sarif') {
      const options = { version: this.config.version, explain: explainCode, uriOf: fileUri }
      this.log(JSON.stringify(sarifOf(outcomes, options), null, 2))
    } else if (flags.format === 'junit') this.log(junitOf(outcomes))
    const [first] = errors
    if (first !== undefined && outcomes.length === 1) throw first
    for (const error of errors) this.tellError(error)
    if (errors.length > 0) process.exitCode = EXIT.input
    else if (results.some((one) => 'value' in one && foundSomething(one.value))) process.exitCode = EXIT.found
    return outcomes
  }
}

/** The message names the file in front; beside the file it need not. */
const uncheckedLog = (file: string, { message, hint }: InputError): LogOutcome => ({
  file,
  error: { message: message.replace(`${file}: `, ''), ...(hint === undefined ? {} : { hint }) },
})
