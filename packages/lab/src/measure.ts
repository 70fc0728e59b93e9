// The map benchmark and the replay of a log on one kernel, from texts as the command line takes them.
import { type BootMemory, DIR, type KernelSpec, type Machine, type MapBenchmark, type ReplayReport } from '@dmalab/api'
import { kernelFromVersion } from '@dmalab/klog'
import {
  AUTO_KERNEL,
  chooseKernel,
  type KernelFromLog,
  kernelOfLog,
  type LabParts,
  mapBenchmark,
  openLab,
  parseKernel,
  type ReadEvents,
  replayLog,
  withArch,
  withOptions,
} from '@dmalab/runner'
import { parseKernelOptions } from '@dmalab/scenario'

/** A kernel on a machine. */
export interface KernelOnMachine {
  readonly machine: Machine
  /** `arch@release+patch`; a release alone is that of the machine's architecture. */
  readonly kernel: string
  /** Kernel configuration, NAME or NAME=value. */
  readonly config: readonly string[]
  /** Kernel command line. */
  readonly cmdline: string
}

export interface MapBenchmarkRequest extends KernelOnMachine {
  readonly device: string
  /** Pages of each mapping. */
  readonly granule: number
  readonly count: number
  readonly dir: Exclude<keyof typeof DIR, 'NONE'>
}

const kernelOf = ({ registry }: LabParts, { kernel, config, cmdline, machine }: KernelOnMachine): KernelSpec =>
  withOptions(parseKernel(withArch(kernel, machine.arch), registry), parseKernelOptions(config, cmdline))

/** @throws InputError for a kernel or device that does not exist, and when a mapping is refused */
export const measureMaps = (parts: LabParts, request: MapBenchmarkRequest): MapBenchmark => {
  const { machine, device, granule, count, dir } = request
  const lab = openLab(parts, { machine, kernel: kernelOf(parts, request) })
  return mapBenchmark(lab, lab.device(device), { granule, count, dir: DIR[dir] })
}

/** What a kernel makes of a machine's memory at boot. @throws InputError for a kernel that does not exist, or is not for this machine */
export const bootMemory = (parts: LabParts, request: KernelOnMachine): BootMemory & { readonly kernel: string } => {
  const kernel = kernelOf(parts, request)
  return { kernel: kernel.name, ...openLab(parts, { machine: request.machine, kernel }).bootMemory }
}

/** `devices`: device of the log -> device of the machine that stands for it. @throws InputError as replayLog does */
export const replay = (
  parts: LabParts,
  request: KernelOnMachine & { readonly devices: Readonly<Record<string, string>> },
  read: ReadEvents,
): Promise<ReplayReport> => {
  const { machine, devices, kernel } = request
  const auto: KernelFromLog = (version) => {
    const named = kernelOfLog(version === undefined ? undefined : kernelFromVersion(version), machine.arch)
    const { kernel: taken, notes } = nearest(parts, { ...request, kernel: named.kernel })
    return { kernel: taken, notes: [...named.notes, ...notes] }
  }
  return replayLog(
    parts,
    { kernel: kernel === AUTO_KERNEL ? auto : () => nearest(parts, request), machine, devices },
    read,
  )
}

/** The kernel, or the modelled release that stands in for it. */
const nearest = (parts: LabParts, request: KernelOnMachine): ReturnType<KernelFromLog> => {
  const { kernel, standsFor } = chooseKernel(withArch(request.kernel, request.machine.arch), parts.registry)
  const notes = standsFor === null ? [] : [`warning: ${standsFor} is not modelled: ${kernel.name} stands in for it`]
  return { kernel: kernelOf(parts, { ...request, kernel: kernel.name }), notes }
}
