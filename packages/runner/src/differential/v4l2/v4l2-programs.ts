// V4L2 programs: the language of records that have a setup.
import { InputError, type KernelSpec } from '@dmalab/api'
import { type Context, commandPlace, type Boot, type Language, type Observation } from '../language.ts'
import { openLab } from '../../lab.ts'
import { type ProgramRecord, textOf } from '../records.ts'
import { kernelSetup, modelledKernel } from '../setups.ts'
import { comparedLines, wasPrinted } from './arbitraries.ts'
import { parseCommand } from './commands.ts'
import { Program } from './interpreter.ts'
import { inOnePiece } from './placement.ts'
import { BOARD, Nodes } from './setup.ts'

/** Options of kernels.json that are about other subsystems. */
const ELSEWHERE = ['DMABUF_HEAPS', 'UDMABUF', 'DMA_RESTRICTED_POOL']

export const V4L2_PROGRAMS: Language = {
  name: 'V4L2 programs',
  owns: ({ fields }) => fields['setup'] !== undefined,
  check: (record) => {
    textOf(record.fields, 'setup', record.place)
    for (const [i, line] of record.program.entries()) parseCommand(line, commandPlace(record, i))
  },
  open: (record, { parts, setups }: Context) => {
    const kernel = modelledKernel(kernelSetup(setups, record.kernel), '', parts.registry, ELSEWHERE)
    return 'notModelled' in kernel ? kernel : openBoot(parts, kernel)
  },
}

const openBoot = (parts: Context['parts'], kernel: KernelSpec): Boot => {
  const machine = parts.registry.readBoard(JSON.stringify(BOARD), 'the board of V4L2 records')
  const lab = openLab(parts, { kernel, machine, seed: 1 })
  const nodes = new Nodes(lab)
  const console: string[] = []
  lab.listen('op', (event) => {
    if (event.event === 'printk' && wasPrinted(event.level, event.text)) console.push(event.text)
  })
  return {
    lab,
    boot: () => [],
    run: (record) => {
      const program = new Program(lab, nodes, inOnePiece(record))
      const lines = linesOf(record)
      const observations = record.program.flatMap((line, step) => {
        const got = program.run(step, parseCommand(line, commandPlace(record, step)))
        return [
          answer(line, step, record.steps[step], got),
          ...printed(line, step, lines.get(step) ?? [], console.splice(0)),
        ]
      })
      program.end()
      console.splice(0)
      return observations
    },
  }
}

const answer = (what: string, step: number, recorded: string | undefined, got: string): Observation => ({
  step,
  what,
  recorded,
  got,
  agrees: recorded === got,
})

/** What a step printed on the console, where either side printed anything. */
const printed = (line: string, step: number, theirs: readonly string[], ours: readonly string[]): Observation[] => {
  const recorded = comparedLines(theirs).join('\n')
  const got = comparedLines(ours).join('\n')
  if (recorded === '' && got === '') return []
  return [{ step, what: `${line}: console`, recorded, got, agrees: recorded === got }]
}

/** Recorded console lines by step; those of the clean-up before the program have the step -1. */
const linesOf = ({ fields, place }: ProgramRecord): ReadonlyMap<number, readonly string[]> => {
  const messages = fields['msgs']
  if (!Array.isArray(messages)) throw new InputError('expected a list of console lines', { ...place, path: 'msgs' })
  const lines = new Map<number, string[]>()
  for (const [i, message] of (messages as readonly unknown[]).entries()) {
    const [step, text] = Array.isArray(message) ? (message as readonly unknown[]) : []
    if (typeof step !== 'number' || typeof text !== 'string')
      throw new InputError('expected a step and a line', { ...place, path: `msgs.${i}` })
    const known = lines.get(step)
    if (known === undefined) lines.set(step, [text])
    else known.push(text)
  }
  return lines
}
