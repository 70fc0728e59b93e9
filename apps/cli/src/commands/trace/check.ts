import { KERNEL_TEXTS, type LogCheck } from '@dmalab/api'
import { checkLog, explainCode, foundSomething, kernelLines } from '@dmalab/lab'
import { readTrace } from '@dmalab/lab/node'
import { checkText, junitOf, sarifOf } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { BaseCommand, EXIT } from '../../base-command.ts'
import { eachLog } from '../../log/each-log.ts'
import { fileArg, markerPattern } from '../../log/flags.ts'

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
      summary: 'Markers that say a driver was unbound from its device: what it left mapped is a leak',
      helpValue: 'REGEX',
    }),
    quiet: Flags.boolean({ char: 'q', summary: 'Leave out notes (severity info)' }),
  }

  async run(): Promise<readonly LogCheck[]> {
    const { argv, flags } = await this.parse(TraceCheck)
    const kernelText = flags['kernel-text']
    const options = {
      ...(kernelText === undefined ? {} : { kernelText }),
      ...(flags['unbind-marker'] === undefined ? {} : { unbindMarker: markerPattern(flags['unbind-marker']) }),
    }
    const shown = { hideInfo: flags.quiet, ...(kernelText === undefined ? {} : { kernelLines }) }
    const work = async (file: string): Promise<LogCheck> => {
      const check = await checkLog(file, (onEvent) => readTrace(file, onEvent), options)
      if (flags.format === 'text') this.log(checkText(check, shown))
      return check
    }
    const checks = await eachLog(argv.map(String), work, (message) => this.logToStderr(message))
    if (flags.format === 'sarif') this.log(JSON.stringify(sarifOf(checks, explainCode), null, 2))
    else if (flags.format === 'junit') this.log(junitOf(checks))
    if (process.exitCode !== EXIT.input && checks.some(foundSomething)) process.exitCode = EXIT.found
    return checks
  }
}
