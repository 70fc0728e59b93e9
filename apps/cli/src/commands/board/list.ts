import { bytes } from '@dmalab/api'
import { describeBoard } from '@dmalab/lab'
import { openRegistry } from '@dmalab/lab/node'
import { table } from '@dmalab/report'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'

interface BoardSummary {
  readonly name: string
  readonly title: string
  readonly arch: string
  /** Bytes. */
  readonly memory: number
  readonly devices: readonly string[]
}

export default class BoardList extends BaseCommand {
  static override summary = 'List the boards that come with dmalab and its plug-ins.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> board show odroid-xu4-2017']
  static override flags = PLUGIN_FLAG

  async run(): Promise<BoardSummary[]> {
    const { flags } = await this.parse(BoardList)
    const registry = await openRegistry(this.plugins(flags.plugin))
    const boards = registry.boards.values().map((machine) => {
      const { name, title, arch, memory, masters } = describeBoard(machine)
      return { name, title, arch, memory, devices: masters.map((master) => master.device) }
    })
    const rows = boards.map(({ name, title, arch, memory }) => [name, arch, bytes(memory), title])
    this.log(table(['board', 'arch', 'memory', 'what'], rows, this.columns))
    this.tell('Any other board: give its .dtb, or a board file (dmalab board import FILE writes one).')
    return boards
  }
}
