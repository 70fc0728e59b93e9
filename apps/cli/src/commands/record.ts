import { recordScript } from '@dmalab/lab'
import { Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'

export default class Record extends BaseCommand {
  static override summary = 'Print a shell script that collects on a board what diagnose reads.'
  static override description =
    'The script needs a POSIX shell (busybox is enough) and root. It collects device tree, kernel, memory and CMA figures, IOMMU groups, media devices, the kernel log and, of a command behind --, every DMA event into one archive, and puts tracing back as it was. docs/recording.md says how to do the same by hand.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --script > dmalab-record.sh',
    '<%= config.bin %> <%= command.id %> --script | ssh root@board "cat > record.sh; sh record.sh -- gst-launch-1.0 videotestsrc num-buffers=30 ! fakesink"',
  ]
  static override flags = {
    script: Flags.boolean({ required: true, summary: 'Print the script: recording happens on the board' }),
    redact: Flags.boolean({
      allowNo: true,
      default: true,
      summary:
        'Leave out serial numbers, MAC and IP addresses, host and user names, unless the script is told otherwise',
    }),
  }

  async run(): Promise<{ readonly script: string }> {
    const { flags } = await this.parse(Record)
    const script = recordScript({ redact: flags.redact })
    this.log(script.trimEnd())
    return { script }
  }
}
