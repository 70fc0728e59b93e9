// A PC as a board: it has no device tree, but /proc/iomem and lspci tell what a tree would.
import { type DeviceFacts, InputError, type IommuFacts, type Machine, ownValue } from '@dmalab/api'
import { machineProblems } from '../check-machine.ts'
import { assumedMask, USUAL_MASK_BITS } from '../assumed-mask.ts'
import type { BoardSheet } from '../import/board.ts'
import { bindElements } from '../import/bind-elements.ts'
import { kernelDriverOf } from '../kernel-drivers/index.ts'
import { BOARD_ARCHES } from '../of/architectures.ts'
import { type BridgeWindows, readIomem } from './iomem.ts'
import { type PciFunction, readLspci } from './lspci.ts'

export interface PcFiles {
  /** A copy of /proc/iomem, read as root. */
  readonly iomem: { readonly text: string; readonly file: string }
  /** What lspci -k prints, or the list of devices that the recording script makes; absent: the board has no devices. */
  readonly lspci?: { readonly text: string; readonly file: string }
  /** Bits of the masks that the running kernel has, by the name of the function. */
  readonly masks?: ReadonlyMap<string, number>
  readonly name?: string
}

/**
 * What drivers state of their devices that no list of functions shows.
 * Models: Linux v6.12 drivers/nvme/host/pci.c: nvme_pci_alloc_dev
 */
const STATED: Readonly<Record<string, Pick<DeviceFacts, 'maskBits' | 'minAlignMask' | 'maxSegmentSize'>>> = {
  nvme: { maskBits: 64, minAlignMask: 4095, maxSegmentSize: 0xffff_ffff },
}
/** Media drivers and those of displays lift the limit of a segment. */
const LONG_SEGMENT = 0xffff_ffff

/** @throws InputError for files that are not what they should be */
export const importPc = ({ iomem, lspci, masks: stated = NONE, name = 'pc' }: PcFiles): BoardSheet => {
  const { ram, bridges, iommu } = readIomem(iomem.text, iomem.file)
  const iommus: readonly IommuFacts[] = iommu === null ? [] : [{ name: 'iommu', model: iommu, enabled: true }]
  const functions = lspci === undefined ? [] : readLspci(lspci.text, lspci.file)
  const devices = functions.flatMap((each) =>
    each.class === null ? [] : [withMask(deviceOf(each, each.class, bridges, iommus), stated.get(each.slot))],
  )
  const masks = devices
    .filter(({ name: slot, driver, driverName }) => !stated.has(slot) && !isStated(driver ?? driverName))
    .map((each) => assumedMask(each.name))
  const machine: Machine = {
    name,
    title: 'a PC',
    arch: 'x86_64',
    cpu: { lineSize: 64, aliasing: false },
    memory: ram,
    reserved: [],
    layout: {},
    iommus,
    devices,
    bindings: bindElements(devices),
    assumed: masks,
  }
  const [problem] = machineProblems(machine, BOARD_ARCHES)
  if (problem !== undefined) throw new InputError(problem.message, { file: iomem.file, path: problem.path.join('.') })
  const origin = [iomem, ...(lspci === undefined ? [] : [lspci])].map(({ file }) => file).join(' and ')
  return {
    machine,
    origin,
    paths: new Map(),
    notes: {
      cpu: ['Every PC of today has lines of 64 bytes, and every device snoops.'],
      memory: ['System RAM of /proc/iomem, in whole pages.'],
      reserved: [],
      layout: [],
    },
  }
}

const NONE: ReadonlyMap<string, number> = new Map()

const withMask = (device: DeviceFacts, maskBits: number | undefined): DeviceFacts =>
  maskBits === undefined ? device : { ...device, maskBits }

const deviceOf = (
  { slot, domain, bus, title, driver }: PciFunction,
  kind: DeviceFacts['class'],
  bridges: readonly BridgeWindows[],
  [iommu]: readonly IommuFacts[],
): DeviceFacts => {
  const bridge = bridges
    .filter((each) => each.domain === domain && each.bus <= bus)
    .toSorted((a, b) => b.bus - a.bus)[0]
  const known = driver === null ? undefined : kernelDriverOf({ driver })
  return {
    name: slot,
    title,
    class: kind,
    coherent: true,
    maskBits: known?.maskBits ?? USUAL_MASK_BITS,
    ...(known === undefined ? {} : { driver: known.name, maxSegmentSize: LONG_SEGMENT }),
    ...(known === undefined && driver !== null ? { driverName: driver } : {}),
    ...(driver === null ? {} : ownValue(STATED, driver)),
    ...(iommu === undefined ? {} : { iommu: iommu.name }),
    pools: [],
    pci: { untrusted: false, windows: bridge?.windows ?? [] },
  }
}

const isStated = (driver: string | undefined): boolean =>
  driver !== undefined &&
  (ownValue(STATED, driver) !== undefined || typeof kernelDriverOf({ driver })?.maskBits === 'number')
