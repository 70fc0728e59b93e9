import { type BoardDescription, InputError } from '@dmalab/api'
import { bootMemory, describeBoard } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { boardText, commandOf } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'
import { archFlag, memoryFlag, overlayFlag } from '../../board/flags.ts'
import { boardAndRun } from '../../board-for.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../../files.ts'

export default class BoardShow extends BaseCommand {
  static override summary = 'Draw a board: physical memory, and every DMA master with what its facts mean.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> odroid-xu4-2017',
    '<%= config.bin %> <%= command.id %> /sys/firmware/fdt',
    '<%= config.bin %> <%= command.id %> my.dtb --memory 4GiB',
    '<%= config.bin %> <%= command.id %> board.itb#conf-2 --overlay camera.dtbo',
    '<%= config.bin %> <%= command.id %> bcm2711-rpi-4-b --kernel arm64@6.12',
  ]
  static override args = {
    board: Args.string({
      ...IGNORE_STDIN,
      description: `Board by name (dmalab board list), board file (.yaml), device tree blob or source, ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = {
    arch: archFlag(),
    memory: memoryFlag,
    overlay: overlayFlag,
    kernel: Flags.string({
      summary: 'Also show what this kernel makes of the memory at boot: DMA zone, bounce pool, CMA, atomic pools',
      description: 'arch@release, then +patch for each patch (dmalab kernel list)',
    }),
    config: Flags.string({
      multiple: true,
      summary: 'Kernel configuration: NAME or NAME=value (dmalab kernel show lists them)',
    }),
    cmdline: Flags.string({ summary: 'Kernel parameters, such as swiotlb=force' }),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<BoardDescription & { readonly try: string }> {
    const { args, flags } = await this.parse(BoardShow)
    const { config = [], cmdline } = flags
    const defaults = this.defaults()
    const plugins = this.plugins(flags.plugin)
    const parts = await openLaboratory(plugins)
    const { registry } = parts
    const { machine, suggested } = await boardAndRun({ ...flags, board: args.board }, { registry, defaults, plugins })
    const kernel = flags.kernel ?? defaults.kernel(registry, machine.arch)
    if (kernel === undefined && (config.length > 0 || cmdline !== undefined))
      throw new InputError('--config and --cmdline are for a kernel', {}, 'name it: --kernel arch@release')
    const boot = kernel === undefined ? null : bootMemory(parts, { machine, kernel, config, cmdline: cmdline ?? '' })
    const board = {
      ...describeBoard(machine),
      boot,
      try: 'spec' in suggested ? commandOf(suggested.spec, { files: true }) : suggested.none,
    }
    this.log(boardText(board, board.try, this.columns))
    return board
  }
}
