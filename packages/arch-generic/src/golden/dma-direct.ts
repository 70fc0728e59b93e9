// Topic dma-direct: decisions of the direct mapping for one device on one machine.
import {
  type Device,
  type DeviceFacts,
  type Direction,
  type Event,
  type GoldenAdapter,
  type GoldenCase,
  type GoldenContext,
  type KernelSpec,
  type Lab,
  type Machine,
  PAGE_SIZE,
  pfnOf,
  phys,
  type PhysAddr,
  pluginApi,
  unreturned,
} from '@dmalab/api'
import factory, { type DirectLimits, directLimits, type DirectStreaming, directStreaming } from '../index.ts'
import { address, hexString, list, num, rows, widthOf } from './values.ts'

/** The build that made the vectors leaves ZONE_DMA at 24 bits. */
const ZONE_DMA_LIMIT = 2 ** 24 - 1
/** The memory model ends here. */
const MODEL_END = 2 ** 44
const ALL_ONES = '0xffffffffffffffff'

interface Rig {
  readonly lab: Lab
  readonly device: Device
  readonly limits: DirectLimits
  readonly streaming: DirectStreaming
  /** Hook and copy log since the last call. */
  readonly log: () => readonly (readonly (string | number)[])[]
}

interface Live {
  readonly handle: ReturnType<typeof phys>
  readonly size: number
  readonly dir: Direction
  unmapped: boolean
}

export const dmaDirect: GoldenAdapter = {
  topic: 'dma-direct',
  run(input, context) {
    const rig = open(input, context)
    const live: (Live | null)[] = []
    const before = rig.lab.balance()
    const ops = rows(input['ops']).map((op) => answer(rig, live, op))
    for (const mapping of live) if (mapping !== null && !mapping.unmapped) unmap(rig, mapping, 0)
    return { ops, ...unreturned(before, rig.lab.balance()) }
  },
}

const open = (input: GoldenCase, context: GoldenContext): Rig => {
  const lab = context.openLab({ kernel: kernelOf(input), machine: machineOf(input) })
  const device = lab.device('device')
  const host = lab.host(device)
  const pool = input['sw'] as { start: string; n: number; force: number } | null
  if (pool !== null)
    host.initSwiotlb({ start: phys(address(pool.start)), slots: pool.n, areas: 1, force: pool.force === 1 })
  let log: (readonly (string | number)[])[] = []
  lab.listen('page', (event) => log.push(...logged(event)))
  const limits = directLimits(pluginApi, host)
  const flush = (): readonly (readonly (string | number)[])[] => {
    const seen = log
    log = []
    return seen
  }
  return { lab, device, limits, streaming: directStreaming(pluginApi, host, limits), log: flush }
}

const kernelOf = (input: GoldenCase): KernelSpec => {
  const stock = factory(pluginApi).kernels?.find((kernel) => kernel.name === 'arm64@6.12')
  if (stock === undefined) throw new Error('this package brings arm64@6.12')
  const options = {
    config: { DMA_BOUNCE_UNALIGNED_KMALLOC: num(input['kb']) > 0 },
    cmdline: { swiotlb: 'noforce' },
  }
  const base = { ...stock, facts: () => ({ ...stock.facts(options), zoneDmaLimit: ZONE_DMA_LIMIT }) }
  return { name: base.name, base, patches: [], options }
}

/** RAM as given; everything answers and is in the linear map, as the vectors' build copies anywhere. */
const machineOf = (input: GoldenCase): Machine => {
  const busLimit = address(input['lim'])
  const mask = widthOf(input['mask'])
  const coherentMask = widthOf(input['cmask'])
  const map = input['map'] === null ? [] : rows(input['map'])
  const device: DeviceFacts = {
    name: 'device',
    class: 'other',
    coherent: input['coh'] === 1,
    maskBits: mask.bits,
    coherentMaskBits: coherentMask.bits,
    ...(mask.odd === undefined ? {} : { oddMask: mask.odd }),
    ...(coherentMask.odd === undefined ? {} : { oddCoherentMask: coherentMask.odd }),
    ...(busLimit === 0 ? {} : { busLimit }),
    ...(map.length === 0
      ? {}
      : { dmaRanges: map.map(([cpu, bus, len]) => ({ cpu: address(cpu), bus: address(bus), len: address(len) })) }),
    minAlignMask: num(input['mam']),
    segmentBoundaryBits: widthOf(input['sbm']).bits,
    pools: [],
  }
  const alignment = num(input['kb'])
  return {
    name: 'vectors',
    title: 'RAM as given, and one device',
    arch: 'arm64',
    // The DMA zone is given, whatever the windows say.
    dmaLimit: ZONE_DMA_LIMIT,
    cpu: { lineSize: 64, aliasing: false, ...(alignment === 0 ? {} : { writebackGranule: alignment }) },
    memory: rows(input['ram']).map(([start, pages]) => ({ base: num(start) * PAGE_SIZE, len: num(pages) * PAGE_SIZE })),
    reserved: [{ name: 'everything else that answers', base: 0, len: MODEL_END, noMap: false, reusable: false }],
    layout: { linear: [{ base: 0, len: MODEL_END }] },
    iommus: [],
    devices: [device],
    bindings: {},
  }
}

const logged = (event: Event): (readonly (string | number)[])[] => {
  if (event.event === 'arch_sync')
    return [[event.to === 'device' ? 'dev' : 'cpu', hexString(event.physAddr), event.size, event.dir]]
  if (event.event !== 'bounce_copy') return []
  const { copy, tlbAddr, origAddr, size } = event
  const [first, second] = copy === 'in' ? [tlbAddr, origAddr] : [origAddr, tlbAddr]
  return [[copy, hexString(first), hexString(second), size]]
}

const answer = (rig: Rig, live: (Live | null)[], op: readonly unknown[]): readonly unknown[] => {
  const { lab, device, limits } = rig
  const ops = lab.ops(device)
  const [kind, a, b] = op
  switch (kind) {
    case 'req':
      return [kind, hexString(2n ** BigInt(ops.requiredMaskBits()) - 1n)]
    case 'maxmap': {
      const largest = ops.maxMappingSize()
      return [kind, largest === Infinity ? ALL_ONES : hexString(largest)]
    }
    case 'lim':
      return [kind, Number(limits.addressingLimited())]
    case 'allram':
      return [kind, Number(limits.allRamMapped())]
    case 'sup':
      return [kind, a, Number(limits.supported(address(a)))]
    case 'cok':
      return [kind, a, b, Number(limits.coherentOk(phys(address(a)), num(b)))]
    case 'res': {
      const mapped = ops.mapResource(phys(address(a)), num(b), 0, 0)
      return [kind, a, b, mapped.ok ? hexString(mapped.value) : null]
    }
    case 'map':
      return mapOne(rig, live, op)
    case 'sg':
      return mapList(rig, op)
    case 'unmap': {
      const mapping = liveAt(live, a)
      unmap(rig, mapping, num(b))
      return [kind, a, b, rig.log()]
    }
    case 'scpu':
    case 'sdev': {
      const { handle, dir } = liveAt(live, a)
      const at = (handle + num(b)) as never
      if (kind === 'scpu') ops.syncSingleForCpu(at, num(op[3]), dir)
      else ops.syncSingleForDevice(at, num(op[3]), dir)
      return [kind, a, b, op[3], rig.log(), Number(rig.streaming.needSync(handle as never))]
    }
    default:
      throw new Error(`unknown operation ${String(kind)}`)
  }
}

const pageOf = (at: PhysAddr) => ({ page: { kind: 'page', pfn: pfnOf(at) }, offset: at % PAGE_SIZE }) as const

const mapOne = ({ lab, device, log }: Rig, live: (Live | null)[], op: readonly unknown[]): readonly unknown[] => {
  const [kind, at, size, dir, attrs] = op
  const { page, offset } = pageOf(phys(address(at)))
  const direction = num(dir) as Direction
  const mapped = lab.ops(device).mapPage(page, offset, num(size), direction, num(attrs))
  if (!mapped.ok) {
    live.push(null)
    return [kind, at, size, dir, attrs, log(), 'e', null]
  }
  live.push({ handle: phys(mapped.value), size: num(size), dir: direction, unmapped: false })
  const host = lab.host(device)
  const where = host.dmaToPhys(mapped.value)
  const bounced = where !== undefined && host.swiotlb()?.contains(where) === true
  return [kind, at, size, dir, attrs, log(), bounced ? 'b' : 'd', hexString(mapped.value)]
}

const unmap = ({ lab, device }: Rig, mapping: Live, attrs: number): void => {
  lab.ops(device).unmapPage(mapping.handle as never, mapping.size, mapping.dir, attrs)
  mapping.unmapped = true
}

const mapList = ({ lab, device, log }: Rig, op: readonly unknown[]): readonly unknown[] => {
  const [kind, entries, dir, attrs] = op
  const ops = lab.ops(device)
  const table = lab.sgTable(
    rows(entries).map(([at, length]) => ({ ...pageOf(phys(address(at))), length: num(length) })),
  )
  const count = list(entries).length
  const mapped = ops.mapSg(table, count, num(dir) as Direction, num(attrs))
  if (!mapped.ok) {
    lab.sgFree(table)
    return [kind, entries, dir, attrs, log(), -5, null, null]
  }
  const mapLog = log()
  const handles = table.entries().map((entry) => [hexString(entry.dmaAddress), entry.dmaLength])
  ops.unmapSg(table, count, num(dir) as Direction, num(attrs))
  lab.sgFree(table)
  return [kind, entries, dir, attrs, mapLog, mapped.value, handles, log()]
}

const liveAt = (live: readonly (Live | null)[], id: unknown): Live => {
  const mapping = live[num(id)]
  if (mapping === undefined || mapping === null) throw new Error(`mapping ${String(id)} failed`)
  return mapping
}
