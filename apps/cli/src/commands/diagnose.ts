import { type Diagnosis, InputError, SYMPTOMS } from '@dmalab/api'
import { diagnose, viewDiagnosis } from '@dmalab/lab'
import { boardSpecFor, inputTools, openLaboratory } from '@dmalab/lab/node'
import { commandOf, diagnosisSarif, diagnosisText, shellCommand } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { EXIT } from '../bad-input.ts'
import { BaseCommand } from '../base-command.ts'
import { memoryFlag } from '../board/flags.ts'
import { boardOf, usualOf } from '../board-for.ts'
import { inputsOf } from '../diagnose-inputs.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'
import { fileUri } from '../log/file-uri.ts'
import { PAGE_FLAGS, wantsPage, writePage } from '../page.ts'
import { checkTarget } from '../write-file.ts'

export default class Diagnose extends BaseCommand {
  static override summary =
    'Say what is wrong in whatever you have: kernel log, trace, device tree, pipeline, or an archive of them.'
  static override description =
    'Each file is recognised by its content. The answers come in order of certainty, each with its evidence, what to try, and the run that shows it on the model. Exit code 3 when there is an answer, 2 when nothing could be examined. `dmalab record --script` makes the archive.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> dmesg.txt my.dtb out.trace',
    '<%= config.bin %> <%= command.id %> dmalab-record-20260101-120000.tar.gz --html diagnosis.html',
    'dmesg | <%= config.bin %> <%= command.id %> -',
    '<%= config.bin %> <%= command.id %> --symptom green-frames --board rk3399-rockpro64',
  ]
  static override strict = false
  static override args = {
    file: Args.string({
      ...IGNORE_STDIN,
      description: `Kernel logs, traces, device trees, pipelines, scenarios, configurations, archives, folders, ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = {
    symptom: Flags.option({ options: SYMPTOMS })({
      summary: 'What is seen where nothing is logged: questions and experiments for it',
    }),
    board: Flags.string({
      helpValue: 'BOARD',
      char: 'b',
      summary: 'Board where no file holds one: a name (dmalab board list), a board file, or a device tree',
    }),
    memory: memoryFlag,
    format: Flags.option({ options: ['text', 'sarif'] as const })({ default: 'text', summary: 'What to print' }),
    ...PAGE_FLAGS,
  }

  async run(): Promise<Diagnosis> {
    const { argv, flags } = await this.parse(Diagnose)
    const files = argv.map(String)
    if (files.length === 0 && flags.symptom === undefined)
      throw new InputError('give files, or --symptom', {}, 'dmalab record --script collects them on a board')
    if (flags.html !== undefined) checkTarget(flags.html, [files, flags.board])
    const laboratory = await openLaboratory(this.plugins([]))
    const { registry } = laboratory
    const defaults = this.defaults()
    const board = flags.board === undefined ? undefined : await boardOf(flags, { registry, defaults }, boardSpecFor)
    const diagnosis = await diagnose(inputsOf(files), {
      laboratory,
      symptom: flags.symptom,
      board,
      memory: flags.memory ?? (files.length > 0 ? defaults.memory() : undefined),
      usual: usualOf(registry, defaults),
      tools: inputTools,
      commandOf: (spec, bundle) => commandOf(spec, { files: true, bundle }),
      quote: (word) => shellCommand([word]),
    })
    if (wantsPage(flags)) {
      const view = viewDiagnosis(diagnosis, shellCommand(['dmalab', 'diagnose', ...this.argv]))
      await writePage(this.config.root, view, flags, (text) => this.note(text))
    }
    if (flags.format === 'sarif')
      this.log(JSON.stringify(diagnosisSarif(diagnosis, { version: this.config.version, uriOf: fileUri }), null, 2))
    else this.tell(diagnosisText(diagnosis), 0)
    if (files.length > 0 && !diagnosis.examined) process.exitCode = EXIT.input
    else if (diagnosis.answers.length > 0) process.exitCode = EXIT.found
    return diagnosis
  }
}
