// A configuration made concrete: machine, kernel options, failing call, cache schedule, and what its steps are like.
import {
  type BufferSource,
  InputError,
  type Injection,
  type KernelSpec,
  type LabOptions,
  type Machine,
  type ScenarioStep,
} from '@dmalab/api'
import { type LabParts, kernelFacts, withOptions } from '@dmalab/runner'
import { nextCalls } from './alphabet.ts'
import { type Axis, type Configuration, valueOf } from './axes.ts'
import { HIGHMEM, machineOf, OVER_PAGES } from './machine.ts'
import { atFirst, type Protocol } from './protocol.ts'
import { nextIoctls } from './queue-alphabet.ts'
import type { Setting } from './setting.ts'

/** User space that makes calls one by one, or shares buffers between the queues of two video devices, the second over an allocator. */
export const CALLS = 'calls'
export const QUEUES: Readonly<Record<string, { readonly driver: string; readonly memory: 'DMABUF' | 'USERPTR' }>> = {
  'queues over vb2-dma-contig': { driver: 'vivid-dma-contig', memory: 'DMABUF' },
  'queues over vb2-dma-sg': { driver: 'vivid-dma-sg', memory: 'DMABUF' },
  'queues over vb2-vmalloc': { driver: 'vivid-vmalloc', memory: 'DMABUF' },
  'addresses over vb2-dma-contig': { driver: 'vivid-dma-contig', memory: 'USERPTR' },
  'addresses over vb2-dma-sg': { driver: 'vivid-dma-sg', memory: 'USERPTR' },
}

/** Memory of a configuration that is not said by its source alone. */
const MEMORY: Readonly<Record<string, { readonly source: BufferSource; readonly size?: number }>> = {
  highmem: { source: 'pages' },
  // More than one run of bounce slots holds.
  'large-udmabuf': { source: 'udmabuf', size: 512 * 1024 },
}

/** What all configurations of an exploration share. */
export interface Ground {
  readonly kernel: KernelSpec
  readonly axes: readonly Axis[]
  readonly seed: number
}

export interface Setup {
  readonly machine: Machine
  readonly kernel: KernelSpec
  /** As a scenario file states them. */
  readonly config: readonly string[]
  readonly cmdline: string
  readonly inject: readonly string[]
  readonly adversary: number | null
  /** The device whose memory it is. */
  readonly owner: string
  readonly first: Protocol
  next(state: Protocol): readonly ScenarioStep[]
}

export const setupOf = (parts: LabParts, { kernel, axes }: Ground, configuration: Configuration): Setup => {
  const value = (name: string): string => valueOf(configuration, axes, name)
  const pool = value('pool')
  const memory = value('memory')
  const source = MEMORY[memory]?.source ?? (memory as BufferSource)
  const queues = QUEUES[value('user space')] ?? null
  const driver = queues?.driver ?? null
  const option = value('config')
  const line = value('command line')
  const failing = value('failing call')
  const facts = kernelFacts(kernel, parts.registry)
  const { board: arch, pointerBits } = facts.arch
  const highmem = value('ram') === 'highmem' || memory === 'highmem'
  if (highmem && !facts.arch.highmem) throw new InputError(`${kernel.name} has no highmem`)
  const second = driver === null ? value('second importer') : 'none'
  const machine = machineOf({
    arch,
    pointerBits,
    pool,
    exporter: value('exporter'),
    importer: value('importer'),
    exporterClass: driver !== null ? 'camera' : source === 'dumb' ? 'display' : 'codec',
    importerClass: 'converter',
    importerDriver: driver,
    iommuModel: pointerBits === 32 ? 'samsung-sysmmu' : 'arm-smmu-v3',
    second,
    highmem,
  })
  const config = option === 'default' ? [] : [option.replace(/=y$/, '')]
  const cmdline = line === 'none' ? '' : line
  const size = MEMORY[memory]?.size ?? Number(value('size'))
  const attrs = value('attributes')
  const hasPool = pool !== 'none' && (source === 'coherent' || source === 'dumb')
  const setting: Setting = {
    owner: pool === 'two' && driver === null ? 'exporter.frames' : 'exporter',
    importers: driver !== null ? [] : second === 'none' ? ['importer'] : ['importer', 'second'],
    source,
    above: memory === 'highmem' ? HIGHMEM : null,
    size,
    attrs: attrs === 'none' ? [] : [attrs],
    declare: pool === 'over-pages' ? OVER_PAGES : null,
    kmap: facts.dmabufKmap,
    pool: hasPool,
    masking: ['exporter', 'importer'].filter((name) => value(name) === 'masking'),
    timers: line.startsWith('iommu.strict'),
    unmapAttrs: UNMAP_ATTRS.filter((name) => name in facts.attrs),
  }
  return {
    machine,
    kernel: withOptions(kernel, { config: configOf(option), cmdline: cmdlineOf(line) }),
    config,
    cmdline,
    inject: failing === 'none' ? [] : [failing],
    adversary: value('caches') === 'quiet' ? null : Number(value('caches').slice(-1)),
    owner: setting.owner,
    first: atFirst(setting.importers, pool === 'over-pages' ? 'undeclared' : hasPool ? 'there' : 'released'),
    next: (state) => (queues === null ? nextCalls(state, setting) : nextIoctls(state, setting, queues.memory)),
  }
}

/** With these a mapping is not undone as it was made. */
const UNMAP_ATTRS = ['MMIO', 'REQUIRE_COHERENT']

const configOf = (option: string): Readonly<Record<string, boolean>> => {
  if (option === 'default') return {}
  const [name = '', value] = option.split('=')
  return { [name]: value === 'y' }
}

const cmdlineOf = (line: string): Readonly<Record<string, string>> => {
  if (line === 'none') return {}
  const at = line.indexOf('=')
  return { [line.slice(0, at)]: line.slice(at + 1) }
}

/** How the laboratory of a setup is opened. `kernel` takes the place of the setup's own: the base of its patch. */
export const labOptionsOf = (setup: Setup, seed: number, kernel: KernelSpec = setup.kernel): LabOptions => ({
  kernel,
  machine: setup.machine,
  seed: setup.adversary ?? seed,
  inject: setup.inject.map(injectionOf),
  adversarialCache: setup.adversary !== null,
})

const injectionOf = (text: string): Injection => {
  const [call = '', nth] = text.split(':')
  const [what = '', device] = call.split('@')
  return { what, nth: Number(nth), ...(device === undefined ? {} : { device }) }
}
