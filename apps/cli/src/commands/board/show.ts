import type { BoardDescription } from '@dmalab/api'
import { describeBoard } from '@dmalab/lab'
import { boardText, commandOf } from '@dmalab/report'
import { Args } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'
import { archFlag, memoryFlag } from '../../board/flags.ts'
import { boardAndRun } from '../../board-for.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../../files.ts'

export default class BoardShow extends BaseCommand {
  static override summary = 'Draw a board: physical memory, and every DMA master with what its facts mean.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> odroid-xu4-2017',
    '<%= config.bin %> <%= command.id %> /sys/firmware/fdt',
    '<%= config.bin %> <%= command.id %> my.dtb --memory 4GiB',
  ]
  static override args = {
    board: Args.string({
      required: true,
      ...IGNORE_STDIN,
      description: `Board by name (dmalab board list), board file (.yaml), device tree blob or source, ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = { arch: archFlag(), memory: memoryFlag, ...PLUGIN_FLAG }

  async run(): Promise<BoardDescription & { readonly try: string }> {
    const { args, flags } = await this.parse(BoardShow)
    const { arch, memory } = flags
    const { machine, suggested } = await boardAndRun(args.board, this.plugins(flags.plugin), { arch, memory })
    const board = {
      ...describeBoard(machine),
      try: 'spec' in suggested ? commandOf(suggested.spec, { files: true }) : suggested.none,
    }
    this.log(boardText(board, board.try))
    return board
  }
}
