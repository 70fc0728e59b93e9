import { describeBoard, openBoard, parseMemory, type BoardDescription } from '@dmalab/machine'
import { Args } from '@oclif/core'
import { BaseCommand } from '../../base-command.ts'
import { archFlag, memoryFlag } from '../../board/flags.ts'
import { renderBoard } from '../../board/render.ts'

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
      description: 'shipped board, board file (.yaml), device tree blob or source',
    }),
  }
  static override flags = { arch: archFlag(), memory: memoryFlag }

  async run(): Promise<BoardDescription> {
    const { args, flags } = await this.parse(BoardShow)
    const machine = openBoard(args.board, {
      ...(flags.arch && { arch: flags.arch }),
      ...parseMemory(flags.memory ?? []),
    })
    const board = describeBoard(machine)
    this.log(renderBoard(board))
    return board
  }
}
