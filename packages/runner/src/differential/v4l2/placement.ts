// Where the recording machine's pages happened to lie: the model's lie there too.
import type { ProgramRecord } from '../records.ts'
import { type Command, parseCommand, type QueueRef } from './commands.ts'
import { nodeIsContiguous } from './setup.ts'
import { commandPlace } from '../language.ts'

/**
 * Memory of a task, of vmalloc and of a list consists of pieces that may or may not follow each other: chance, for a device that needs
 * them in one piece. Where the record shows that such a device took memory of a slot, its pieces follow each other here; else they do
 * not. The value holds the numbers of the steps that make memory in one piece.
 */
export const inOnePiece = (record: ProgramRecord): ReadonlySet<number> => {
  const commands = record.program.map((line, i) => parseCommand(line, commandPlace(record, i)))
  const nodes = new Map<string, string>()
  /** Step that made the memory of a slot, or the buffers of a queue. */
  const made = new Map<string, number>()
  const found = new Set<number>()
  for (const [i, command] of commands.entries()) {
    if (command.op === 'open') nodes.set(command.handle, command.node)
    if (makesPages(command)) made.set(command.slot, i)
    if (command.op === 'reqbufs' || command.op === 'create') made.set(queueName(command.at), i)
    if (command.op === 'export') inherit(made, command.slot, queueName(command.at))
    if (command.op === 'mmap') inherit(made, command.slot, queueName(command.at))
    if (command.op === 'mmapfd') inherit(made, command.slot, command.fd)
    if (command.op !== 'qbuf' && command.op !== 'prepare') continue
    const node = nodes.get(command.at.handle)
    const taken = record.steps[i]?.startsWith('ok') === true
    if (node === undefined || !nodeIsContiguous(node) || !taken) continue
    for (const { where } of command.planes) {
      const maker = where.kind === 'slot' ? made.get(where.slot) : undefined
      if (maker !== undefined) found.add(maker)
    }
  }
  return found
}

const queueName = ({ handle, type }: QueueRef): string => `${handle}.${type}`

const inherit = (made: Map<string, number>, slot: string, from: string): void => {
  const maker = made.get(from)
  if (maker !== undefined) made.set(slot, maker)
}

const makesPages = (command: Command): command is Extract<Command, { op: 'user' | 'udmabuf' | 'memfd' }> =>
  command.op === 'user' || command.op === 'udmabuf' || command.op === 'memfd'
