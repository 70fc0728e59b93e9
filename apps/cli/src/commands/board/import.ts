import { boardYaml, importBoard, parseMemory } from '@dmalab/lab'
import { readDeviceTree } from '@dmalab/lab/node'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../base-command.ts'
import { archFlag, memoryFlag, overlayFlag } from '../../board/flags.ts'
import { givenBytes, IGNORE_STDIN, OR_STANDARD_INPUT } from '../../files.ts'
import { writeText } from '../../write-text.ts'

export default class BoardImport extends BaseCommand {
  static override summary =
    'Write a board file (YAML) from a device tree: facts, with the nodes they came from as comments.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> my.dtb > my-board.yaml',
    '<%= config.bin %> <%= command.id %> my.dtb --memory 2GiB --output my-board.yaml',
  ]
  static override args = {
    file: Args.string({
      required: true,
      ...IGNORE_STDIN,
      description: `Device tree blob (or source, with dtc), ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = {
    arch: archFlag(),
    memory: memoryFlag,
    overlay: overlayFlag,
    name: Flags.string({ summary: 'Name of the board; that of the file when absent' }),
    output: Flags.string({ char: 'o', summary: 'File to write instead of standard output' }),
  }

  async run(): Promise<{ readonly name: string; readonly yaml: string }> {
    const { args, flags } = await this.parse(BoardImport)
    const { content, file } = readDeviceTree(args.file, {
      given: await givenBytes(args.file),
      overlays: flags.overlay,
    })
    const board = importBoard(content, {
      file,
      ...(flags.arch && { arch: flags.arch }),
      ...(flags.name !== undefined && { name: flags.name }),
      ...parseMemory(flags.memory ?? []),
    })
    const yaml = boardYaml(board)
    if (flags.output === undefined) this.log(yaml.trimEnd())
    else writeText(flags.output, yaml)
    return { name: board.machine.name, yaml }
  }
}
