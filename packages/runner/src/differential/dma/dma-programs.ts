// Programs of DMA API calls: the command language, and what a boot of it does with a program.
import { type Cpu, type DeviceFacts, InputError, type InputPlace, type Lab, type Machine, ownValue } from '@dmalab/api'
import { isSimulatedOops } from '@dmalab/memory'
import { openLab } from '../../lab.ts'
import { type Boot, commandPlace, type Language, type Observation } from '../language.ts'
import { isObject, type ProgramRecord, textOf, textsOf } from '../records.ts'
import { cpuOf, kernelSetup, modelledKernel, type Setups } from '../setups.ts'
import { sameAnswer } from './arbitrary.ts'
import { DEVICE_COMMANDS } from './device-commands.ts'
import { DmaBoot } from './dma-boot.ts'
import { MEMORY_COMMANDS } from './memory-commands.ts'
import type { Command, Step } from './params.ts'
import { SHARING_COMMANDS } from './sharing-commands.ts'
import { settleSlots } from './slot-place.ts'
import { setStrayPages } from './stray-pages.ts'
import { STREAMING_COMMANDS } from './streaming-commands.ts'
import { TWO_STEP_COMMANDS } from './two-step-commands.ts'
import { setUserRuns } from './user-runs.ts'

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...MEMORY_COMMANDS,
    ...STREAMING_COMMANDS,
    ...SHARING_COMMANDS,
    ...TWO_STEP_COMMANDS,
    ...DEVICE_COMMANDS,
  }),
)

/** Options that say what a task finds in /dev, that decide where pages lie (the record tells it), or that no answer depends on. */
const ELSEWHERE = ['UDMABUF', 'DMABUF_HEAPS', 'CMA_SIZE_MBYTES', 'DMA_API_DEBUG']

/** The masks of a platform device until its driver sets others. */
const PLATFORM_MASK_BITS = 32
/** The recording device is software: it drives every address line. */
const ADDRESS_LINES = 64

export const DMA_PROGRAMS: Language = {
  name: 'DMA programs',
  owns: ({ fields }) => typeof fields['machine'] === 'string',
  check: (record) => void parseProgram(record),
  open(record, { parts, setups }) {
    const machineName = textOf(record.fields, 'machine', record.place)
    const { board, cmdline } = machineSetup(setups, machineName)
    const setup = kernelSetup(setups, record.kernel)
    const kernel = modelledKernel(setup, cmdline, parts.registry, ELSEWHERE)
    if ('notModelled' in kernel) return kernel
    const machine = withBouncePool(parts.registry.readBoard(JSON.stringify(board), 'machines.json'), record)
    const user = { udmabuf: setup.config['UDMABUF'] !== false, heaps: setup.config['DMABUF_HEAPS'] !== false }
    const lab = openLab(parts, { kernel, machine: recording(machine, cpuOf(setup)), seed: 1 })
    return new DmaProgramBoot(new DmaBoot(lab, user), machine)
  },
}

/** `pages b0 4096 any 1` as a step. @throws InputError with the place of what is wrong */
const parseCommand = (line: string, place: InputPlace): Step => {
  const [name = '', ...words] = line.split(' ')
  const read = COMMANDS.get(name)
  if (read === undefined)
    throw new InputError(`word 1: unknown command '${name}'`, place, `known: ${[...COMMANDS.keys()].join(', ')}`)
  return read(words, place)
}

const parseProgram = (record: ProgramRecord): readonly Step[] =>
  record.program.map((line, i) => parseCommand(line, commandPlace(record, i)))

const machineSetup = ({ machines }: Setups, name: string): { board: unknown; cmdline: string } => {
  const setup = ownValue(machines, name)
  const place = { file: 'machines.json', path: name }
  if (!isObject(setup) || setup['board'] === undefined) throw new InputError('there is no such machine', place)
  return { board: withPciFunctions(setup['board']), cmdline: textOf(setup, 'cmdline', place) }
}

/** A device on the PCI bus is written `bus: pci`. */
const withPciFunctions = (board: unknown): unknown => {
  if (!isObject(board) || !Array.isArray(board['devices'])) return board
  const devices = board['devices'].map((device: unknown) => {
    if (!isObject(device) || device['bus'] !== 'pci') return device
    const { bus: _bus, ...facts } = device
    return { ...facts, pci: {} }
  })
  return { ...board, devices }
}

/** Where the boot put its bounce pool. */
const withBouncePool = (machine: Machine, { fields, place }: ProgramRecord): Machine => {
  const [, base] =
    textsOf(fields, 'devs', place)
      .map((line) => /software IO TLB: mapped \[mem 0x([0-9a-f]+)-/.exec(line))
      .find((match) => match !== null) ?? []
  if (base === undefined) return machine
  return { ...machine, layout: { ...machine.layout, bouncePool: Number.parseInt(base, 16) } }
}

/** The emulator that the programs ran in. */
const recording = (machine: Machine, ops: Pick<Cpu, 'cacheOps' | 'svpbmt'>): Machine => ({
  ...machine,
  cpu: { ...machine.cpu, emulated: true, ...ops },
  devices: machine.devices.map((device): DeviceFacts => ({
    ...device,
    maskBits: ADDRESS_LINES,
    coherentMaskBits: ADDRESS_LINES,
  })),
})

class DmaProgramBoot implements Boot {
  readonly lab: Lab
  private readonly dma: DmaBoot
  /** What each device's driver got for its masks. */
  private readonly masks = new Map<string, string>()

  /** `machine` has the masks that the drivers ask for. */
  constructor(dma: DmaBoot, machine: Machine) {
    this.dma = dma
    this.lab = dma.lab
    for (const { name, maskBits, coherentMaskBits = maskBits } of machine.devices) {
      const device = dma.lab.device(name)
      dma.lab.dma.setMask(device, PLATFORM_MASK_BITS)
      dma.lab.dma.setCoherentMask(device, PLATFORM_MASK_BITS)
      const mask = dma.lab.dma.setMask(device, maskBits)
      const coherent = dma.lab.dma.setCoherentMask(device, coherentMaskBits)
      this.masks.set(name, `set_mask=${mask.ok ? 0 : mask.errno} set_cmask=${coherent.ok ? 0 : coherent.errno}`)
    }
  }

  /** The masks that drivers got, and the size of the bounce pool. */
  boot({ fields, place }: ProgramRecord): readonly Observation[] {
    return textsOf(fields, 'devs', place).flatMap((line) => {
      const [, name = '', recorded] = /^DEV (\S+) (set_mask=\S+ set_cmask=\S+)/.exec(line) ?? []
      if (recorded !== undefined)
        return [plain(`boot: masks of ${name}`, recorded, this.masks.get(name) ?? 'no device')]
      const [, slots] = /^R nslabs (\d+)/.exec(line) ?? []
      return slots === undefined ? [] : [plain('boot: bounce slots', slots, String(this.dma.slots))]
    })
  }

  run(record: ProgramRecord): readonly Observation[] {
    const seen: Observation[] = []
    for (const [i, step] of parseProgram(record).entries()) {
      const recorded = record.steps[i]
      const what = record.program[i] ?? ''
      setStrayPages(this.dma, record, i)
      setUserRuns(this.dma, record, i)
      settleSlots(this.dma, record, i)
      const observation = this.step(i, what, step, recorded)
      seen.push(observation)
      if (recorded === undefined) return seen
      if (observation.got === undefined) return [...seen, ...this.unreached(record, i + 1, observation)]
    }
    return [...seen, ...this.end(record)]
  }

  private step(index: number, what: string, step: Step, recorded: string | undefined): Observation {
    const [command = '', name = ''] = what.split(' ')
    const { dma } = this
    try {
      const got = step(dma, recorded)
      const agrees = recorded !== undefined && sameAnswer({ boot: dma, command, name, what, recorded, got })
      return { step: index, what, recorded, got, agrees }
    } catch (e) {
      if (!isSimulatedOops(e)) throw e
      const oops = `${e.oops.reason} in ${e.oops.function}`
      return { step: index, what, recorded, got: undefined, oops, agrees: recorded === undefined }
    }
  }

  /** What was recorded after the modelled kernel had stopped. */
  private unreached(record: ProgramRecord, from: number, { oops }: Observation): readonly Observation[] {
    const rest = record.steps.slice(from).map((recorded, i) => ({
      step: from + i,
      what: record.program[from + i] ?? '',
      recorded,
    }))
    this.dma.end()
    return [...rest, ...endOf(record)].map(({ step, what, recorded }) => ({
      step,
      what,
      recorded,
      got: undefined,
      agrees: false,
      ...(oops === undefined ? {} : { oops }),
    }))
  }

  private end(record: ProgramRecord): readonly Observation[] {
    const before = this.dma.slotsInUse
    const left = this.dma.end()
    const got: Readonly<Record<string, number>> = {
      [SLOTS_USED]: before,
      [OBJECTS_LEFT]: left,
      [SLOTS_AFTER]: this.dma.slotsInUse,
    }
    return endOf(record).map(({ what, recorded }) => plain(what, recorded, String(got[what])))
  }
}

const SLOTS_USED = 'end: slots in use'
const SLOTS_AFTER = 'end: slots in use after release'
const OBJECTS_LEFT = 'end: objects left'

/** What was recorded of a program's end; a boot without a bounce pool has no slots. */
const endOf = ({
  fields,
}: ProgramRecord): readonly { readonly step: null; readonly what: string; readonly recorded: string }[] => {
  const used = isObject(fields['used']) ? fields['used'] : {}
  return [
    { what: SLOTS_USED, value: used['used.default'] },
    { what: OBJECTS_LEFT, value: fields['left'] },
    { what: SLOTS_AFTER, value: used['after.default'] },
  ].flatMap(({ what, value }) => (typeof value === 'number' ? [{ step: null, what, recorded: String(value) }] : []))
}

const plain = (what: string, recorded: string, got: string): Observation => ({
  step: null,
  what,
  recorded,
  got,
  agrees: recorded === got,
})
