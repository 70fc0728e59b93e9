// The map benchmark and the replay of a log on one kernel, from texts as the command line takes them.
import { type BootMemory, DIR, type Machine, type MapBenchmark, type ReplayReport } from '@dmalab/api'
import { kernelFromVersion } from '@dmalab/klog'
import {
  AUTO_KERNEL,
  BOOT_TOUCHES,
  type ChosenKernel,
  chooseKernel,
  type KernelFromLog,
  kernelOfLog,
  type LabParts,
  mapBenchmark,
  openLab,
  type ReadEvents,
  replayLog,
  standInSentences,
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
  /** Microseconds so far, best of CPU time: `process.cpuUsage()` knows it. */
  readonly clock: () => number
}

/** The kernel with its options, or the modelled release that stands in for it. */
const chosenOf = ({ registry }: LabParts, { kernel, config, cmdline, machine }: KernelOnMachine): ChosenKernel => {
  const chosen = chooseKernel(withArch(kernel, machine.arch), registry)
  return { ...chosen, kernel: withOptions(chosen.kernel, parseKernelOptions(config, cmdline)) }
}

/** @throws InputError for a kernel or device that does not exist, and when a mapping is refused */
export const measureMaps = (parts: LabParts, request: MapBenchmarkRequest): MapBenchmark & Notes => {
  const { machine, device, granule, count, dir, clock } = request
  const chosen = chosenOf(parts, request)
  const lab = openLab(parts, { machine, kernel: chosen.kernel })
  const row = mapBenchmark(lab, lab.device(device), { granule, count, dir: DIR[dir], clock })
  return { ...row, notes: standInSentences(chosen) }
}

/** What stands in for a kernel that is not modelled. */
interface Notes {
  readonly notes: readonly string[]
}

/** What a kernel makes of a machine's memory at boot. @throws InputError for a kernel that does not exist, or is not for this machine */
export const bootMemory = (
  parts: LabParts,
  request: KernelOnMachine,
): BootMemory & Notes & { readonly kernel: string } => {
  const chosen = chosenOf(parts, request)
  const { kernel } = chosen
  const boot = openLab(parts, { machine: request.machine, kernel }).bootMemory
  return { kernel: kernel.name, ...boot, notes: standInSentences(chosen, BOOT_TOUCHES) }
}

/**
 * `devices`: device of the log -> device of the machine that stands for it; `usualKernel`: for `auto` where the log names none.
 * @throws InputError as replayLog does
 */
export const replay = (
  parts: LabParts,
  request: KernelOnMachine & { readonly devices: Readonly<Record<string, string>> },
  read: ReadEvents,
  usualKernel: () => string | undefined = () => undefined,
): Promise<ReplayReport> => {
  const { machine, devices, kernel } = request
  const auto: KernelFromLog = (version) => {
    const usual = version === undefined ? usualKernel() : undefined
    if (usual !== undefined) return { chosen: chosenOf(parts, { ...request, kernel: usual }), notes: [] }
    const named = kernelOfLog(version === undefined ? undefined : kernelFromVersion(version), machine.arch)
    return { chosen: chosenOf(parts, { ...request, kernel: named.kernel }), notes: named.notes }
  }
  const stated: KernelFromLog = () => ({ chosen: chosenOf(parts, request), notes: [] })
  return replayLog(parts, { kernel: kernel === AUTO_KERNEL ? auto : stated, machine, devices }, read)
}
