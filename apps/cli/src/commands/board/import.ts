import { InputError } from '@dmalab/api'
import { boardYaml, importBoard, importPc, isIomem, parseMemory, statesMemory } from '@dmalab/lab'
import { readDeviceTree } from '@dmalab/lab/node'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../base-command.ts'
import { archFlag, memoryFlag, overlayFlag } from '../../board/flags.ts'
import { givenBytes, IGNORE_STDIN, OR_STANDARD_INPUT, readText } from '../../files.ts'

export default class BoardImport extends BaseCommand {
  static override summary =
    'Write a board file (YAML) from a device tree, or from what a PC tells: facts, with where they came from as comments.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> my.dtb > my-board.yaml',
    '<%= config.bin %> <%= command.id %> my.dtb --memory 2GiB --output my-board.yaml',
    {
      description: 'A PC: sudo cat /proc/iomem > iomem.txt; lspci -k > lspci.txt',
      command: '<%= config.bin %> <%= command.id %> iomem.txt --lspci lspci.txt --name my-pc',
    },
  ]
  static override args = {
    file: Args.string({
      required: true,
      ...IGNORE_STDIN,
      description: `Device tree blob (or source, with dtc), or a copy of /proc/iomem, ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = {
    arch: archFlag(),
    memory: memoryFlag,
    overlay: overlayFlag,
    lspci: Flags.string({ summary: 'What lspci -k prints on that PC: its devices and their drivers' }),
    name: Flags.string({ summary: 'Name of the board; that of the file when absent' }),
  }

  async run(): Promise<{ readonly name: string; readonly yaml: string }> {
    const { args, flags } = await this.parse(BoardImport)
    const given = await givenBytes(args.file)
    const iomem = await iomemText(args.file, given)
    if (iomem === undefined && flags.lspci !== undefined)
      throw new InputError('--lspci goes with a copy of /proc/iomem', { file: args.file })
    const defaults = this.defaults()
    const name = flags.name === undefined ? {} : { name: flags.name }
    const read = () => {
      const { content, file } = readDeviceTree(args.file, { given, overlays: flags.overlay })
      const arch = flags.arch === undefined ? {} : { arch: flags.arch }
      const usual =
        flags.memory !== undefined || statesMemory(content, { file, ...arch }) ? undefined : defaults.memory()
      return importBoard(content, { file, ...arch, ...name, ...parseMemory(flags.memory ?? usual ?? []) })
    }
    const lspci = flags.lspci === undefined ? {} : { lspci: { text: await readText(flags.lspci), file: flags.lspci } }
    const board =
      iomem === undefined ? read() : importPc({ iomem: { text: iomem, file: args.file }, ...lspci, ...name })
    const yaml = boardYaml(board)
    this.log(yaml.trimEnd())
    return { name: board.machine.name, yaml }
  }
}

/** The text, where it is a copy of /proc/iomem. A file that cannot be read is for who reads trees to complain of. */
const iomemText = async (file: string, given: Uint8Array | undefined): Promise<string | undefined> => {
  const text = given === undefined ? await readText(file).catch(() => '') : new TextDecoder().decode(given)
  return isIomem(text) ? text : undefined
}
