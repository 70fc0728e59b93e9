// What a kernel or a patch of a plug-in states, checked when it is loaded: facts by name and value, its Arch, its op tables.
import {
  type Arch,
  type BuildFacts,
  InputError,
  type InputPlace,
  KERNEL_TEXTS,
  type KernelDef,
  type MediaFacts,
  type Patch,
  type Plugin,
  TRACE_RELEASES,
} from '@dmalab/api'
import { opTableNames } from './op-tables.ts'
import { checkArch } from './arch-shape.ts'
import { checkPatchValues } from './patch-shape.ts'
import {
  BITS,
  checkRecord,
  COUNT,
  expected,
  isRecord,
  LIST,
  oneOf,
  orNull,
  RECORD,
  TEXT,
  YES_OR_NO,
  type FactShape,
} from './value-shape.ts'

/** Exhaustive: a fact that is added to the contract must say here what it may be. */
const FACTS: Readonly<Record<keyof BuildFacts, FactShape>> = {
  release: expected('a release such as 6.12', (value) => typeof value === 'string' && /^\d+\.\d+/.test(value)),
  attrs: BITS,
  noMap: oneOf('removed', 'kept'),
  vb2ImportAttrs: COUNT,
  primeImportAttrs: COUNT,
  dqbufUnmaps: YES_OR_NO,
  dmabufDebug: oneOf('none', 'mangle', 'page-less'),
  dmabufDebugTables: oneOf('mangle', 'page-less'),
  dmabufKmap: YES_OR_NO,
  poolIsFinal: YES_OR_NO,
  traceFormat: oneOf(...TRACE_RELEASES),
  dmaDebug: oneOf(...KERNEL_TEXTS),
  tracesPoolFree: YES_OR_NO,
  media: RECORD,
  sgSplitEnds: YES_OR_NO,
  iommuAlignment: COUNT,
  iommu: RECORD,
  iommuPartialUnmap: oneOf('split', 'refused'),
  iommuFixV7sSplit: YES_OR_NO,
  iommuFixV7sSupersection: YES_OR_NO,
  iommuFixOverwrite: YES_OR_NO,
  iommuFixSegmentLimit: YES_OR_NO,
  iommuFixUnmapAtTop: YES_OR_NO,
  swiotlb: orNull(RECORD),
  memLimit: orNull(COUNT),
  memTop: orNull(COUNT),
  cachedRemaps: YES_OR_NO,
  memBanks: orNull(LIST),
  cma: orNull(RECORD),
  atomicPools: orNull(RECORD),
  zoneDmaLimit: orNull(COUNT),
  zoneDmaEnd: oneOf('fixed', 'dma-ranges', 'dma-range-bits', 'lowmem'),
  maxPageOrder: COUNT,
  highmem: YES_OR_NO,
  busWindows: oneOf('one-offset', 'ranges'),
  poolIgnoresWindows: YES_OR_NO,
  devicePools: YES_OR_NO,
  poolLengthIsInt: YES_OR_NO,
  skipsNeedlessSync: YES_OR_NO,
  sgMagic: YES_OR_NO,
  debugReadsPages: YES_OR_NO,
  mapResourceRefusesRam: YES_OR_NO,
  bounceSearch: oneOf('by-slot', 'by-stride'),
  bounceBeforeStart: oneOf('copied', 'refused'),
  bounceAreas: YES_OR_NO,
  bounceNoforce: oneOf('none', 'one-slot'),
  bouncesKmalloc: YES_OR_NO,
  kmallocPool: YES_OR_NO,
  windowsLimit: YES_OR_NO,
  mapSgErrno: oneOf('own', 'EINVAL'),
  atomicPoolWarns: YES_OR_NO,
  iommuPci32: oneOf('once', 'always'),
  udmabufMerges: YES_OR_NO,
  udmabufSyncs: YES_OR_NO,
  dmabufKeepsTables: YES_OR_NO,
  defaultCmaHeap: YES_OR_NO,
  physVecTables: YES_OR_NO,
  udmabufHasMask: YES_OR_NO,
  mapsByPhys: YES_OR_NO,
  twoStepIova: YES_OR_NO,
  sgEntrySize: COUNT,
  sgDmaLength: YES_OR_NO,
  dmaAddrSize: oneOf(4, 8),
  physAddrSize: oneOf(4, 8),
}

const MEDIA: Readonly<Record<keyof MediaFacts, FactShape>> = {
  prepareStem: oneOf('__qbuf', '__prepare'),
  buffersInUse: oneOf('busy', 'orphaned'),
  reqbufsFloor: oneOf('queued', 'queued-plus-one'),
  log: RECORD,
  allocFailure: TEXT,
  chunkUnit: oneOf('', ' b'),
  attachmentLock: YES_OR_NO,
  mapDmaBuf: RECORD,
  nonCoherentFlag: YES_OR_NO,
  removeBufs: YES_OR_NO,
  sgCpuAccess: YES_OR_NO,
  userptrResource: YES_OR_NO,
  userptrPfnMap: oneOf('followed', 'refused'),
  requests: YES_OR_NO,
  dmabufPlanes: oneOf('in-turn', 'shared'),
  driverMaxBuffers: YES_OR_NO,
  cacheHints: YES_OR_NO,
  cancelSyncs: YES_OR_NO,
  dmabufOffset: oneOf('lost', 'kept'),
  primeOffset: oneOf('lost', 'refused'),
  dmaHeaps: YES_OR_NO,
  udmabuf: YES_OR_NO,
  primeKeepsList: YES_OR_NO,
  exynosPieces: oneOf('framebuffer', 'import'),
  mmapOffsets: oneOf('indexed', 'stacked'),
}

/** Names that are there besides those that the plug-in brings. */
export interface KnownNames {
  readonly arches: readonly string[]
  readonly ops: readonly string[]
}

/** @throws InputError that names the plug-in, the kernel or patch, the fact, and what was expected */
export const checkKernels = (plugin: Plugin, known: KnownNames, place: InputPlace): void => {
  const arches = [...known.arches, ...(plugin.arches ?? []).map((arch: Arch) => arch.name)]
  const ops = [...known.ops, ...(plugin.ops ?? []).map(({ name }) => name)]
  for (const arch of plugin.arches ?? [])
    checkArch(arch, `architecture '${arch.name}' of plug-in ${plugin.name}`, place)
  for (const kernel of plugin.kernels ?? []) checkKernel(kernel, { arches, ops }, `of plug-in ${plugin.name}`, place)
  for (const patch of plugin.patches ?? []) checkPatch(patch, `of plug-in ${plugin.name}`, place)
}

const checkKernel = (kernel: KernelDef, known: KnownNames, whose: string, place: InputPlace): void => {
  const what = `kernel '${kernel.name}' ${whose}`
  const refuse = (problem: string, hint: string): never => {
    throw new InputError(`${what} ${problem}`, place, hint)
  }
  if (!known.arches.includes(kernel.arch))
    refuse(`names an unknown architecture '${kernel.arch}'`, `known: ${known.arches.join(', ')}`)
  const config = Object.fromEntries(Object.entries(kernel.config).map(([name, option]) => [name, option.default]))
  const facts: unknown = kernel.facts({ config, cmdline: {} })
  if (!isRecord(facts)) return refuse('states no facts', "facts: () => ({ ...api.RELEASES['6.12'], ... })")
  checkRecord(facts, FACTS, 'fact', what, place)
  checkRecord(facts['media'] as Record<string, unknown>, MEDIA, 'media fact', what, place)
  const missing = Object.keys(FACTS).filter((name) => facts[name] === undefined)
  if (missing.length > 0)
    refuse(`does not state ${missing.join(', ')}`, "api.RELEASES['6.12'] has those that are the same everywhere")
  const own = kernel.ops.map(({ name }) => name)
  const [unknown] = opTableNames(kernel).filter((name) => !own.includes(name) && !known.ops.includes(name))
  if (unknown !== undefined)
    refuse(`chooses an unknown op table '${unknown}'`, `known: ${[...own, ...known.ops].join(', ')}`)
}

const checkPatch = (patch: Patch, whose: string, place: InputPlace): void => {
  const what = `patch '${patch.name}' ${whose}`
  checkRecord({ ...patch.facts }, FACTS, 'fact', what, place)
  checkPatchValues(patch, what, place)
}
