import { type Finding, InputError, isInputError, KERNEL_TEXTS, type LogCheck } from '@dmalab/api'
import { explainCode, framedKernelText } from '@dmalab/checker'
import { checkLog, foundSomething } from '@dmalab/lab'
import { checkText, junitOf, sarifOf } from '@dmalab/report'
import { readTrace } from '@dmalab/trace/node'
import { Flags } from '@oclif/core'
import { BaseCommand, EXIT } from '../../base-command.ts'
import { checkNamedOnce } from '../../files.ts'
import { fileArg } from '../../log/flags.ts'

export default class TraceCheck extends BaseCommand {
  static override summary =
    'Check the DMA operations of real ftrace logs: what dma-debug would say, and what it does not see.'
  static override description =
    'Exit code 3 when anything of severity warning or error is found. What a log cannot prove is never an error: see docs/findings.md.'
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
      summary: 'Markers that say a driver let go of its device: what it left mapped is a leak',
      helpValue: 'REGEX',
    }),
    quiet: Flags.boolean({ char: 'q', summary: 'Leave out notes (severity info)' }),
  }

  async run(): Promise<readonly LogCheck[]> {
    const { argv, flags } = await this.parse(TraceCheck)
    const kernelText = flags['kernel-text']
    const options = {
      ...(kernelText === undefined ? {} : { kernelText }),
      ...(flags['unbind-marker'] === undefined ? {} : { unbindMarker: pattern(flags['unbind-marker']) }),
    }
    checkNamedOnce(argv.map(String))
    const checks: LogCheck[] = []
    for (const file of argv.map(String)) {
      try {
        const check = await checkLog(file, (onEvent) => readTrace(file, onEvent), options)
        checks.push(check)
        if (flags.format === 'text')
          this.log(checkText(check, { hideInfo: flags.quiet, ...(kernelText === undefined ? {} : { kernelLines }) }))
      } catch (error) {
        if (!isInputError(error) || argv.length === 1) throw error
        this.logToStderr(`error: ${error.message}`)
        process.exitCode = EXIT.input
      }
    }
    if (flags.format === 'sarif') this.log(JSON.stringify(sarifOf(checks, explainCode), null, 2))
    else if (flags.format === 'junit') this.log(junitOf(checks))
    if (process.exitCode !== EXIT.input && checks.some(foundSomething)) process.exitCode = EXIT.found
    return checks
  }
}

/** What dma-debug would print, as the release words it. */
const kernelLines = ({ device = '?', kernelText = [] }: Finding, { summary, drivers }: LogCheck): readonly string[] =>
  kernelText.map((text) => framedKernelText(summary.kernelText, device, text, drivers[device]))

const pattern = (text: string): RegExp => {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new InputError(`--unbind-marker is no regular expression: ${error instanceof Error ? error.message : text}`)
  }
}
