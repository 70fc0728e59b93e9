// The IOMMU in front of one device: tables, address space, TLB and the domain's policy put together.
import {
  type Balance,
  type BusPart,
  type DmaAddr,
  errnoName,
  fail,
  type IommuDomain,
  type IommuFacts,
  type IommuHost,
  type IommuLimits,
  type IommuSetup,
  type IommuTrace,
  type KResult,
  ok,
  type PhysAddr,
  type SgTable,
} from '@dmalab/api'
import { GATHER, IO_LOG, IO_QUIRK, type IoEngine, IovaDomain, logMask, type PageTable } from '@dmalab/hot'
import { DmaDomain, type SegmentLimits } from './dma-iommu.ts'
import { PlainPages } from './dma-iommu-plain.ts'
import { Tlb } from './dma-iommu-tlb.ts'
import { bitsOf } from './io-pgtable-config.ts'
import { QUIRKS } from './dma-iommu-quirks.ts'
import { openIoPgtable } from './io-pgtable.ts'
import { IovaCache } from './iova-rcache.ts'
import { contextFault, eventRecord, handleEvents, type LogLine, SMMU_EVENT } from './smmu-faults.ts'

const hex = (x: number): string => `0x${x.toString(16)}`

/** What a machine does besides with the domains of a device. */
export interface IommuHooks {
  /** Is told of each domain that is made. */
  readonly opened?: (domain: DeviceDomain) => void
  /** Failure injection: does this call fail? Each call counts. */
  readonly injected?: (what: string) => boolean
  /** May that ever be? */
  readonly injects?: boolean
}

/**
 * The IOMMU of one device.
 * @param streamId what the device puts on the bus beside the address
 */
export const createIommuHost = (
  engine: IoEngine,
  facts: IommuFacts,
  streamId: number,
  { opened = () => undefined, injected = () => false, injects = false }: IommuHooks = {},
): IommuHost => ({
  facts,
  open(setup, trace) {
    const { format, pageSizes, ias, oas, quirks, coherentWalk, partialUnmap } = setup
    const table = openIoPgtable(
      engine,
      { format, pageSizes, ias, oas, quirks, coherentWalk },
      {
        partialUnmap,
        fixes: {
          v7sSplit: setup.fixes.includes('v7sSplit'),
          v7sSupersection: setup.fixes.includes('v7sSupersection'),
          overwrite: setup.fixes.includes('overwrite'),
        },
      },
    )
    if (table === undefined) return fail('EINVAL', `${facts.name} does not support such tables`)
    const domain = new DeviceDomain(engine, table, setup, trace, { facts, streamId, injected, injects })
    opened(domain)
    return ok(domain)
  },
})

interface Origin {
  readonly facts: IommuFacts
  readonly streamId: number
  readonly injected: (what: string) => boolean
  readonly injects: boolean
}

export class DeviceDomain implements IommuDomain {
  readonly granule: number
  readonly plain: PlainPages | null
  private readonly engine: IoEngine
  private readonly table: PageTable
  private readonly trace: IommuTrace
  private readonly origin: Origin
  private readonly tlb: Tlb
  private readonly domain: DmaDomain
  private readonly fixes: readonly string[]

  constructor(engine: IoEngine, table: PageTable, setup: IommuSetup, trace: IommuTrace, origin: Origin) {
    this.engine = engine
    this.table = table
    this.trace = trace
    this.origin = origin
    this.fixes = setup.fixes
    this.granule = bitsOf(Number(table.shape.pageSizes))[0]!
    this.tlb = new Tlb(this.granule)
    const start = Math.max(1, Math.floor(setup.apertureStart / this.granule))
    const cache = new IovaCache(new IovaDomain(engine, this.granule, start))
    const hooks = {
      syncTlb: (iova: number, size: number) => this.tlb.invalidate(iova, size),
      flushTlb: () => this.tlb.invalidateAll(),
      notice: (text: string) => trace.notice(text),
      injected: origin.injected,
    }
    this.domain = new DmaDomain(engine, table, cache, hooks, {
      fixes: { segmentLimit: setup.fixes.includes('segmentLimit'), unmapAtTop: setup.fixes.includes('unmapAtTop') },
      ...(setup.lazy === null ? {} : { lazy: setup.lazy }),
    })
    const { domain, tlb } = this
    this.plain = origin.injects ? null : new PlainPages({ table, domain, tlb, trace })
  }

  map(phys: PhysAddr, size: number, prot: number, limits: IommuLimits): KResult<DmaAddr> {
    this.listen()
    const at = this.domain.map(phys, size, prot, limits)
    this.settle()
    if (at === undefined) return fail('ENOMEM', `no bus address for ${size} bytes, or the tables refuse ${hex(phys)}`)
    return ok(at as DmaAddr)
  }

  unmap(at: DmaAddr, size: number): number {
    this.listen()
    const done = this.domain.unmap(at, size)
    this.settle()
    return done
  }

  mapSg(list: SgTable, nents: number, prot: number, limits: IommuLimits, segments: SegmentLimits): KResult<number> {
    this.listen()
    const mapped = this.domain.mapSg(list.handle, nents, prot, limits, segments)
    this.settle()
    if (mapped >= 0) return ok(mapped)
    return mapped === -12
      ? fail('ENOMEM', 'no bus address space for the list')
      : fail('EINVAL', 'the list cannot be mapped')
  }

  unmapSg(list: SgTable, nents: number): void {
    this.listen()
    this.domain.unmapSg(list.handle, nents)
    this.settle()
  }

  allocIova(size: number, limits: IommuLimits): DmaAddr | undefined {
    return this.domain.allocIova(Math.ceil(size / this.granule) * this.granule, limits) as DmaAddr | undefined
  }

  freeIova(at: DmaAddr, size: number): void {
    this.domain.iova.free(Math.floor(at / this.granule), Math.ceil(size / this.granule))
  }

  lostIova(asked: number, freed: number): number {
    const pages = (bytes: number): number => Math.ceil(bytes / this.granule)
    return IovaCache.lost(pages(asked), pages(freed)) * this.granule
  }

  reserveIova(first: number, last: number | bigint): void {
    const top = typeof last === 'bigint' ? Number(last / BigInt(this.granule)) : Math.floor(last / this.granule)
    this.domain.iova.domain.reserve(Math.floor(first / this.granule), top)
  }

  mapAt(at: DmaAddr, phys: PhysAddr, size: number, prot: number): KResult<void> {
    this.listen()
    const ret = this.origin.injected('pageTable') ? ENOMEM : this.table.map(at, phys, size, prot)
    this.settle()
    return ret === 0 ? ok(undefined) : fail(errnoName(ret) ?? 'EINVAL', `the tables refuse ${hex(at)} -> ${hex(phys)}`)
  }

  unmapAt(at: DmaAddr, size: number): number {
    this.listen()
    const done = this.table.unmap(at, size, GATHER.NORMAL)
    this.tlb.invalidate(at, size)
    this.settle()
    return done
  }

  iovaToPhys(at: DmaAddr): PhysAddr | undefined {
    const phys = this.table.iovaToPhys(at)
    return phys === 0 ? undefined : (phys as PhysAddr)
  }

  translate(at: DmaAddr, len: number, write: boolean): readonly BusPart[] {
    const parts: BusPart[] = []
    for (let done = 0; done < len;) {
      const from = at + done
      const n = Math.min(len - done, this.granule - (from % this.granule))
      const found = this.lookUp(from, write)
      const last = parts.at(-1)
      if (typeof found === 'string') {
        if (last !== undefined && 'fault' in last) parts[parts.length - 1] = { fault: last.fault, len: last.len + n }
        else parts.push({ fault: this.report(from, write, found), len: n })
      } else if (last !== undefined && 'phys' in last && last.phys + last.len === found) {
        parts[parts.length - 1] = { phys: last.phys, len: last.len + n }
      } else {
        parts.push({ phys: found as PhysAddr, len: n })
      }
      done += n
    }
    return parts
  }

  pass(ms: number): void {
    this.listen()
    this.domain.pass(ms)
    this.settle()
  }

  /** Bus addresses and bytes mapped. Cached addresses and those that wait for a flush are free; so are tables without an entry. */
  balance(): Balance {
    const { iova, queue } = this.domain
    return new Map([
      ['pages of bus addresses', iova.live - (queue?.pages ?? 0)],
      ['bytes mapped by an IOMMU', this.table.mappedBytes()],
    ])
  }

  /** Physical address of one byte, or what the hardware finds wrong. */
  private lookUp(at: number, write: boolean): number | 'translation' | 'permission' {
    const page = Math.floor(at / this.granule)
    const base = page * this.granule
    const cached = this.tlb.look(page)
    const leaf = cached === undefined || this.domain.queue !== undefined ? this.table.walk(base) : undefined
    if (cached === undefined && leaf === undefined) return 'translation'
    const entry = cached ?? leaf!
    if (write ? !entry.writable : !entry.readable) return 'permission'
    if (cached === undefined) this.tlb.fill(page, entry)
    else if (this.domain.queue !== undefined && leaf?.phys !== cached.phys)
      this.trace.stale(at as DmaAddr, (cached.phys + at - base) as PhysAddr, write)
    return entry.phys + at - base
  }

  private report(at: number, write: boolean, kind: 'translation' | 'permission'): string {
    this.trace.fault(at as DmaAddr, write, this.lines(at, write, kind))
    const { name } = this.origin.facts
    if (kind === 'translation') return `${name} has no mapping for ${hex(at)}`
    return `${name} does not let the device ${write ? 'write' : 'read'} ${hex(at)}`
  }

  /**
   * Models: Linux v6.12 drivers/iommu/rockchip-iommu.c: rk_iommu_irq
   * Leaves out: drivers other than the SMMUs' and Rockchip's; they speak like an SMMUv2.
   */
  private lines(at: number, write: boolean, kind: 'translation' | 'permission'): LogLine[] {
    const { facts, streamId } = this.origin
    const permission = kind === 'permission'
    if (facts.model.endsWith('smmu-v3')) {
      const type = permission ? SMMU_EVENT.F_PERMISSION : SMMU_EVENT.F_TRANSLATION
      const record = eventRecord({ type, streamId, address: BigInt(at), write })
      return handleEvents([record], false, { known: () => true, report: () => -22 })
    }
    if (facts.model.startsWith('rockchip')) {
      const address = at.toString(16).padStart(16, '0')
      return [['err', `Page fault at 0x${address} of type ${write ? 'write' : 'read'}`]]
    }
    // A level-3 fault of a stage-1 context: WNR is bit 4 of the syndrome.
    return contextFault({
      fsr: FSR_FORMAT_AARCH64 | (permission ? FSR_PERMISSION : FSR_TRANSLATION),
      fsynr: (write ? 1 << 4 : 0) | 3,
      iova: BigInt(at),
      sid: streamId,
      cb: 0,
    })
  }

  private quirk(number: number, iova: number): void {
    const quirk = QUIRKS[number]
    if (quirk === undefined || (number === IO_QUIRK.UNMAP_AT_TOP && this.fixes.includes('unmapAtTop'))) return
    this.trace.quirk(quirk.code, `${this.origin.facts.name}, ${hex(iova)}: ${quirk.text}`)
  }

  /** Removing a table flushes the walks through it at once, also in a lazy domain; tracepoints are for who wants them. */
  private listen(): void {
    this.engine.logMask = this.trace.wanted() ? LOG_TRACED : LOG_ALWAYS
  }

  /** What the engine logged since the last call: walks to flush, and the tracepoints. */
  private settle(): void {
    if (this.engine.logCount !== 0) this.engine.takeLogNumbers(this.logged, this.counted)
  }

  private readonly counted = (kind: number, count: number): boolean =>
    kind === IO_LOG.IOMMU_MAP && this.trace.mapped(count)

  private readonly logged = (kind: number, a: number, b: number, c: number): void => {
    if (kind === IO_LOG.FLUSH_WALK) this.tlb.invalidate(a, b)
    else if (kind === IO_LOG.QUIRK) this.quirk(a, b)
    else if (kind === IO_LOG.IOMMU_MAP) this.trace.map(a, b, c)
    else if (kind === IO_LOG.IOMMU_UNMAP) this.trace.unmap(a, b, c)
  }
}

const ENOMEM = -12
const LOG_ALWAYS = logMask(IO_LOG.FLUSH_WALK, IO_LOG.QUIRK)
const LOG_TRACED = logMask(IO_LOG.FLUSH_WALK, IO_LOG.QUIRK, IO_LOG.IOMMU_MAP, IO_LOG.IOMMU_UNMAP)

const FSR_TRANSLATION = 1 << 1
const FSR_PERMISSION = 1 << 3
const FSR_FORMAT_AARCH64 = 2 << 9
