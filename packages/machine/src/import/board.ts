// A device tree blob -> a machine, with a note for everything that was decided here and does not stand in the blob.
import { InputError, type Machine } from '@dmalab/api'
import { machineProblems } from '../check-machine.ts'
import { dmaFactsOfTree } from '../facts/dma-facts.ts'
import type { TreeFacts } from '../facts/types.ts'
import { readBoardTree } from '../overlay/board-tree.ts'
import { BOARD_ARCHES, type DebianArch } from '../of/architectures.ts'
import { DeviceTree } from '../of/tree.ts'
import { importDevices } from './devices.ts'
import { riscvIsa } from './riscv-isa.ts'
import { archOf, guessArch, importCpu, importLayout, importMemory, statedBanks, type MemoryOptions } from './parts.ts'
import { importReserved } from './reserved.ts'

export interface ImportOptions extends MemoryOptions {
  /** Absent: by the CPUs of the board. */
  readonly arch?: DebianArch
  readonly name?: string
}

/** A machine, and what a board file says of where it comes from. */
export interface BoardSheet {
  readonly machine: Machine
  /** The files, and what they call the board. */
  readonly origin: string
  /** Node path by name of region, IOMMU or device. */
  readonly paths: ReadonlyMap<string, string>
  /** What was decided or left out, by part of the machine. */
  readonly notes: { readonly [part in 'cpu' | 'memory' | 'reserved' | 'layout']: readonly string[] }
}

export interface ImportedBoard extends BoardSheet {
  readonly facts: TreeFacts
}

/** @throws InputError for a blob that is none, and for one that needs `arch` or `memory` */
export const machineFromDtb = (blob: Uint8Array, options: ImportOptions): Machine => importBoard(blob, options).machine

/**
 * Architecture of the kernel that a board runs, by its CPUs or by the name of the board. No device tree states it.
 * @throws InputError for a blob that is none, and when neither is known
 */
export const archOfDtb = (blob: Uint8Array, file: string): DebianArch =>
  guessArch(new DeviceTree(readBoardTree(blob, file)), file)

/** Does the tree say how much memory there is? @throws InputError for a blob that is none */
export const statesMemory = (blob: Uint8Array, { file, arch }: Pick<ImportOptions, 'file' | 'arch'>): boolean => {
  const tree = new DeviceTree(readBoardTree(blob, file))
  return statedBanks(dmaFactsOfTree(tree, blob, { file, arch: arch ?? guessArch(tree, file) })).length > 0
}

/** @throws InputError as machineFromDtb does */
export function importBoard(blob: Uint8Array, options: ImportOptions): ImportedBoard {
  const { file } = options
  const tree = new DeviceTree(readBoardTree(blob, file))
  const arch = options.arch ?? guessArch(tree, file)
  const facts = dmaFactsOfTree(tree, blob, { file, arch })
  const memory = importMemory(facts, options)
  const layout = importLayout(arch, memory.value)
  const cpu = importCpu(facts, arch)
  const reserved = importReserved(facts, memory.value)
  const { iommus, devices, disabled, bindings, paths, masks } = importDevices(tree, facts, reserved.names)
  const name = options.name ?? boardName(facts, file)
  const machine: Machine = {
    name,
    title: facts.model ?? name,
    arch: archOf(arch),
    cpu: { ...cpu.value, ...riscvIsa(tree) },
    memory: memory.value,
    reserved: reserved.value,
    ...dmaLimitOf(facts),
    layout: layout.value,
    iommus,
    devices,
    ...(disabled.length > 0 && { disabled }),
    bindings,
    assumed: [...cpu.assumed, ...memory.assumed, ...layout.assumed, ...reserved.assumed, ...masks],
  }
  const [problem] = machineProblems(machine, BOARD_ARCHES)
  if (problem !== undefined) throw new InputError(problem.message, { file, path: problem.path.join('.') })
  const regionPaths = [...reserved.names].flatMap(([path, names]) =>
    names.map((each): [string, string] => [each, path]),
  )
  return {
    machine,
    origin: `${file} (${facts.compatible.join(', ')})`,
    facts,
    paths: new Map([...regionPaths, ...paths]),
    notes: { cpu: cpu.notes, memory: memory.notes, reserved: reserved.notes, layout: layout.notes },
  }
}

/** Nothing where no bus has windows. */
function dmaLimitOf({ dma_max_cpu_address: last }: TreeFacts): Pick<Machine, 'dmaLimit'> {
  const dmaLimit = Number(BigInt(last))
  return dmaLimit < 2 ** 52 ? { dmaLimit } : {}
}

/** The file's name, or the board's where the file is one of those that the kernel offers (`/sys/firmware/fdt`). */
function boardName({ compatible: [first] }: TreeFacts, file: string): string {
  const [, stem] = /([^/]+)\.(?:dtb|dts)$/.exec(file) ?? []
  return stem ?? first?.replaceAll(',', '-') ?? 'board'
}
