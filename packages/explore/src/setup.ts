// A configuration made concrete: machine, kernel options, failing call, cache schedule, and what its steps are like.
import {
  type BufferSource,
  InputError,
  type Injection,
  type KernelFacts,
  type KernelSpec,
  type LabOptions,
  type Machine,
  ownValue,
  type ScenarioStep,
} from '@dmalab/api'
import { type LabParts, kernelFacts, withOptions } from '@dmalab/runner'
import { nextCalls } from './alphabet.ts'
import { type Axis, type Configuration, valueOf } from './axes.ts'
import { type BoardParts, castOf, coherentPoolsOf, machineOnBoard } from './board-parts.ts'
import { HIGHMEM, machineOf, OVER_PAGES } from './machine.ts'
import { atFirst, type Protocol } from './protocol.ts'
import { nextIoctls } from './queue-alphabet.ts'
import { Rules } from './rules.ts'
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
  /** null: on machines made for the exploration. */
  readonly board: BoardParts | null
  /** Rules that were worked out so far, by what decides them. */
  readonly rules: Map<string, Rules>
}

export interface Setup {
  readonly machine: Machine
  readonly kernel: KernelSpec
  /** As a scenario file states them. */
  readonly config: readonly string[]
  readonly cmdline: string
  readonly inject: readonly string[]
  /** All calls that the axis of failing calls lets fail, by its names for them. */
  readonly failable: ReadonlyMap<string, Omit<Injection, 'nth'>>
  readonly adversary: number | null
  /** Whose memory it is: `exporter`, or `exporter.REGION` of the device below it. */
  readonly owner: string
  /** The exporter has a coherent pool. */
  readonly hasPool: boolean
  /** The device that has a part: `exporter`, `importer` or `second`, or the one below it. */
  readonly deviceOf: (part: string) => string
  /** A step of a part, as one of its device. */
  readonly named: (step: ScenarioStep) => ScenarioStep
  /** Which steps may be done. */
  readonly rules: Rules
}

export const setupOf = (parts: LabParts, ground: Ground, configuration: Configuration): Setup => {
  const { kernel, axes } = ground
  const value = (name: string): string => valueOf(configuration, axes, name)
  const memory = value('memory')
  const source = MEMORY[memory]?.source ?? (memory as BufferSource)
  const queues = QUEUES[value('user space')] ?? null
  const option = value('config')
  const line = value('command line')
  const failing = value('failing call')
  const facts = kernelFacts(kernel, parts.registry)
  const placed = ground.board === null ? onMadeMachine(facts, value, kernel.name) : onBoard(ground.board, value)
  const attrs = value('attributes')
  const hasPool = placed.pools && (source === 'coherent' || source === 'dumb')
  const setting: Setting = {
    owner: placed.owner,
    importers: queues !== null ? [] : placed.second ? ['importer', 'second'] : ['importer'],
    source,
    above: memory === 'highmem' ? HIGHMEM : null,
    size: MEMORY[memory]?.size ?? Number(value('size')),
    attrs: attrs === 'none' ? [] : [attrs],
    declare: placed.declared ? OVER_PAGES : null,
    kmap: facts.dmabufKmap,
    pool: hasPool,
    masking: placed.masking,
    bothWays: value('direction') === 'both ways',
    links: facts.twoStepIova,
    timers: line.startsWith('iommu.strict'),
    remaps: !line.startsWith('swiotlb') && mapsInPlace(placed.machine, placed.cast['importer'] ?? 'importer'),
    unmapAttrs: UNMAP_ATTRS.filter((name) => name in facts.attrs),
  }
  const deviceOf = (part: string): string => {
    const [role = '', ...below] = part.split('.')
    return [placed.cast[role] ?? role, ...below].join('.')
  }
  const cast = (text: string): string => text.replace(/@(\w+)/, (_all, part: string) => `@${deviceOf(part)}`)
  const failures = axes.find(({ name }) => name === 'failing call')?.values.slice(1) ?? []
  const isCast = Object.keys(placed.cast).length > 0
  const first = atFirst(setting.importers, placed.declared ? 'undeclared' : hasPool ? 'there' : 'released')
  return {
    machine: placed.machine,
    kernel: withOptions(kernel, { config: configOf(option), cmdline: cmdlineOf(line) }),
    config: option === 'default' ? [] : [option.replace(/=y$/, '')],
    cmdline: line === 'none' ? '' : line,
    inject: failing === 'none' ? [] : [cast(failing)],
    failable: new Map(failures.map((text) => [text.split(':')[0] ?? '', injectionOf(cast(text))])),
    adversary: value('caches') === 'quiet' ? null : Number(value('caches').slice(-1)),
    owner: setting.owner,
    hasPool,
    deviceOf,
    named: (step) =>
      isCast && 'device' in step && step.device !== undefined ? { ...step, device: deviceOf(step.device) } : step,
    rules: rulesOf(ground, setting, queues?.memory ?? null, first),
  }
}

const rulesOf = ({ rules }: Ground, setting: Setting, memory: 'DMABUF' | 'USERPTR' | null, first: Protocol): Rules => {
  const key = JSON.stringify([setting, memory, first])
  const known = rules.get(key)
  if (known !== undefined) return known
  const made = new Rules(first, (state) =>
    memory === null ? nextCalls(state, setting) : nextIoctls(state, setting, memory),
  )
  rules.set(key, made)
  return made
}

/** Neither behind an IOMMU nor with a pool that it bounces through. */
const mapsInPlace = ({ devices, reserved, iommus }: Machine, name: string): boolean => {
  const device = devices.find((one) => one.name === name)
  const pools = reserved.filter((region) => device?.pools.includes(region.name))
  return (
    !iommus.some((iommu) => iommu.enabled && iommu.name === device?.iommu) &&
    !pools.some(({ compatible }) => compatible === 'restricted-dma-pool')
  )
}

/** A machine, and who has which part on it. */
interface Placed {
  readonly machine: Machine
  /** Part -> device. */
  readonly cast: Readonly<Record<string, string>>
  readonly owner: string
  /** The exporter has a coherent pool at the start, or a board file declares one. */
  readonly pools: boolean
  readonly declared: boolean
  readonly second: boolean
  /** Parts whose driver sets a narrower mask. */
  readonly masking: readonly string[]
}

const onMadeMachine = ({ arch }: KernelFacts, value: (name: string) => string, kernel: string): Placed => {
  const pool = value('pool')
  const memory = value('memory')
  const driver = QUEUES[value('user space')]?.driver ?? null
  const highmem = value('ram') === 'highmem' || memory === 'highmem'
  if (highmem && !arch.highmem) throw new InputError(`${kernel} has no highmem`)
  const second = driver === null ? value('second importer') : 'none'
  // A queue's memory is of the device itself, and that one has no pool where there are two.
  const below = pool === 'two' && driver === null
  return {
    machine: machineOf({
      arch: arch.board,
      allSnoop: arch.snoops === 'always',
      pointerBits: arch.pointerBits,
      pool,
      exporter: value('exporter'),
      importer: value('importer'),
      exporterClass: driver !== null ? 'camera' : memory === 'dumb' ? 'display' : 'codec',
      importerClass: 'converter',
      importerDriver: driver,
      iommuModel: ownValue(IOMMU_MODELS, arch.board) ?? 'arm-smmu-v3',
      second,
      highmem,
    }),
    cast: {},
    owner: below ? 'exporter.frames' : 'exporter',
    pools: pool !== 'none' && (pool !== 'two' || below),
    declared: pool === 'over-pages',
    second: second !== 'none',
    masking: ['exporter', 'importer'].filter((name) => value(name) === 'masking'),
  }
}

/** What boards of an architecture have; others are given an SMMU. */
const IOMMU_MODELS: Readonly<Record<string, string>> = { arm: 'samsung-sysmmu', x86_64: 'intel-vtd' }

const onBoard = (board: BoardParts, value: (name: string) => string): Placed => {
  const driver = QUEUES[value('user space')]?.driver ?? null
  const cast = castOf(board, value('exporter'), value('importer'))
  const machine = machineOnBoard(board, {
    cast,
    pooled: value('pool') !== 'none',
    exporterClass: driver !== null ? 'camera' : value('memory') === 'dumb' ? 'display' : null,
    importerDriver: driver,
  })
  const pools = coherentPoolsOf(machine, cast.exporter)
  const second = driver === null && value('second importer') !== 'none' ? board.second : null
  const below = pools.length > 1 && driver === null
  return {
    machine,
    cast: { ...cast, ...(second === null ? {} : { second }) },
    owner: below ? `exporter.${pools[0] ?? ''}` : 'exporter',
    pools: pools.length === 1 || below,
    declared: false,
    second: second !== null,
    masking: [],
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
