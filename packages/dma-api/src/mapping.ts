// The functions that drivers call (kernel/dma/mapping.c): per-device pool first where the kernel does it, then the device's op table, and the trace
// event with the kernel's own omissions.
import {
  type Coherent,
  type Device,
  DIR,
  type Direction,
  type DmaAddr,
  type DmaMapping,
  type DmaOps,
  type DmaOpsDef,
  ERRNO,
  fail,
  has,
  hex,
  type KernelFacts,
  type KResult,
  type MappingSink,
  ok,
  orderOf,
  PAGE_SIZE,
  pfnOf,
  physOf,
  type PhysAddr,
  type SgPage,
  type SgTable,
  withBits,
} from '@dmalab/api'
import type { KernelStack } from '@dmalab/memory'
import { allocFromPool, type DeviceState } from './device.ts'
import { tellKept } from './kept-mapping.ts'
import { maskCalls } from './masks.ts'
import { givenList, givenPiece, tellStoppedPage, toldIfStopped } from './stopped-call.ts'
import { type TableParts, tellTable } from './table-event.ts'
import { EXPECTED_ERRORS, type Gfp, type Trace } from './trace.ts'
import { twoStepMapping } from './two-step-mapping.ts'

/** What they work with. */
export interface MappingParts extends TableParts {
  readonly facts: KernelFacts
  readonly trace: Trace
  readonly sink: MappingSink
  /** Failure injection, counted a call. */
  injected(what: string, device: string): boolean
  state(device: Device): DeviceState
  table(device: Device): FinalTable
  readonly stack: Pick<KernelStack, 'call' | 'enter' | 'leave'>
  /** `symbol`: the kernel function whose check this is. */
  bug(what: string, symbol: string): never
}

/** The device's op table with patches and failures, and the kernel functions that lead to its operations. */
export interface FinalTable {
  readonly ops: DmaOps
  readonly symbols: DmaOpsDef['symbols']
}

/** Models: Linux v6.12 kernel/dma/mapping.c: dma_map_page_attrs, dma_map_sg_attrs, dma_alloc_attrs, dma_get_sgtable_attrs */
export const createMapping = (parts: MappingParts): DmaMapping => {
  const { facts, mem, trace, stack, sink } = parts

  /** Runs an operation of the device's table inside the kernel functions that lead to it. Those on single pages do the same by hand. */
  const through = <T>(dev: Device, operation: keyof DmaOps, body: (ops: DmaOps) => T): T => {
    const { ops, symbols } = parts.table(dev)
    return stack.call(symbols[operation] ?? [], () => body(ops))
  }
  const checkDir = (dir: Direction, symbol: string): void => {
    if (dir === DIR.NONE) parts.bug('!valid_dma_direction(dir)', symbol)
  }
  /**
   * Asks whether the page is highmem before it looks at its address. Models: Linux v4.11 lib/dma-debug.c: debug_dma_map_page
   * Leaves out: its list of live mappings; the checker keeps one from the events.
   */
  const debugMapPage = (page: SgPage): void => stack.call('debug_dma_map_page', () => void mem.pageHighMem(page))
  /** The same for each mapped entry. Models: Linux v4.11 lib/dma-debug.c: debug_dma_map_sg */
  const debugMapSg = (table: SgTable): void =>
    stack.call('debug_dma_map_sg', () => {
      for (let i = 0; i < table.nents; i++) mem.pageHighMem(table.entry(i).page)
    })

  /** Models: Linux v6.12 include/linux/dma-mapping.h: dma_dev_need_sync */
  const needsSync = (dev: Device): boolean => !parts.state(dev).skipSync

  /** Models: Linux v6.12 kernel/dma/mapping.c: dma_alloc_attrs */
  const alloc = (dev: Device, size: number, attrs: number, owner: string, gfp: Gfp): KResult<Coherent> => {
    if (parts.injected('alloc', dev.name)) {
      trace.alloc(dev.name, size, attrs, gfp, null)
      return fail('ENOMEM', `allocation for ${dev.name} failed on request`)
    }
    const state = parts.state(dev)
    const block = allocFromPool(state, size, owner)
    if (block?.ok === true) {
      trace.alloc(dev.name, size, attrs, gfp, { pool: state.pool?.name ?? '', ...block.value })
      return ok({ cpuAddr: block.value.cpuAddr, handle: block.value.handle })
    }
    if (block !== undefined && (facts.poolIsFinal || state.poolIsExclusive)) {
      trace.alloc(dev.name, size, attrs, gfp, null)
      return block
    }
    const got = through(dev, 'alloc', (ops) =>
      gfp === 'GFP_ATOMIC' ? ops.allocAtomic(size, attrs, owner) : ops.alloc(size, attrs, owner),
    )
    const phys = got.ok ? mem.resolve(got.value.cpuAddr)?.phys : undefined
    trace.alloc(dev.name, size, attrs, gfp, got.ok ? (phys === undefined ? got.value : { phys, ...got.value }) : null)
    return got
  }

  /** What the event of a mapping says came of it. */
  const told = (mapped: KResult<DmaAddr>): DmaAddr => (mapped.ok ? mapped.value : trace.mappingError)

  const { MMIO: mmio = 0, REQUIRE_COHERENT: requireCoherent = 0 } = facts.attrs
  const lacksCoherence = (dev: Device, attrs: number): boolean => has(attrs, requireCoherent) && !dev.facts.coherent
  const noCoherence = (dev: Device): string => `DMA_ATTR_REQUIRE_COHERENT: ${dev.name} does not snoop`
  /** What no page may be mapped with. */
  const refusedPage = (dev: Device, attrs: number): KResult<never> | undefined => {
    if (has(attrs, mmio)) return fail('EIO', 'DMA_ATTR_MMIO is not for pages')
    return lacksCoherence(dev, attrs) ? fail('EIO', noCoherence(dev)) : undefined
  }
  const pageOf = (at: PhysAddr): SgPage => ({ kind: 'page', pfn: pfnOf(at) })

  const mapResourceTable = (dev: Device, at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr> =>
    toldIfStopped(sink, givenPiece('map_resource', dev, pageOf(at), at % PAGE_SIZE, size, dir, attrs), () => {
      if (!facts.mapsByPhys && facts.mapResourceRefusesRam && mem.pfnValid(pfnOf(at)))
        parts.bug(`pfn_valid(PHYS_PFN(${hex(at)}))`, 'dma_map_resource')
      return through(dev, 'mapResource', (ops) => ops.mapResource(at, size, dir, attrs))
    })

  /** Memory goes the way of pages, registers that of resources. Models: Linux v7.2 kernel/dma/mapping.c: dma_map_phys */
  const mapPhys: DmaMapping['mapPhys'] = (dev, at, size, dir, attrs) => {
    checkDir(dir, 'dma_map_phys')
    if (lacksCoherence(dev, attrs)) return fail('EIO', noCoherence(dev))
    const mapped = has(attrs, mmio)
      ? mapResourceTable(dev, at, size, dir, attrs)
      : toldIfStopped(sink, givenPiece('map_page', dev, pageOf(at), at % PAGE_SIZE, size, dir, attrs), () =>
          through(dev, 'mapPage', (ops) => ops.mapPage(pageOf(at), at % PAGE_SIZE, size, dir, attrs)),
        )
    if (sink.heard) trace.map(has(attrs, mmio) ? 'resource' : 'page', dev.name, told(mapped), size, dir, attrs, at)
    return mapped
  }
  /** Models: Linux v7.2 kernel/dma/mapping.c: dma_unmap_phys */
  const unmapPhys: DmaMapping['unmapPhys'] = (dev, handle, size, dir, attrs) => {
    checkDir(dir, 'dma_unmap_phys')
    if (has(attrs, mmio)) through(dev, 'unmapResource', (ops) => ops.unmapResource(handle, size, dir, attrs))
    else through(dev, 'unmapPage', (ops) => ops.unmapPage(handle, size, dir, attrs))
    if (sink.heard) trace.unmap(has(attrs, mmio) ? 'resource' : 'page', dev.name, handle, size, dir, attrs)
  }

  return {
    mapPhys,
    unmapPhys,
    ...twoStepMapping(parts),
    ...maskCalls(parts, (dev, bits) => through(dev, 'dmaSupported', (ops) => ops.dmaSupported(bits))),

    allocAttrs: (dev, size, attrs, owner) => alloc(dev, size, attrs, owner, 'GFP_KERNEL'),
    allocAtomic: (dev, size, attrs, owner) => alloc(dev, size, attrs, owner, 'GFP_ATOMIC'),

    freeAttrs(dev, size, cpuAddr, handle, attrs) {
      const { coherentPool } = parts.state(dev)
      if (coherentPool?.release(orderOf(size), cpuAddr) === true) {
        if (facts.tracesPoolFree) trace.free(dev.name, size, cpuAddr, handle, attrs)
        else trace.poolFree(dev.name, coherentPool.name, size, handle)
        return
      }
      trace.free(dev.name, size, cpuAddr, handle, attrs)
      through(dev, 'free', (ops) => ops.free(size, cpuAddr, handle, attrs))
    },

    mmapAttrs: (dev, cpuAddr, handle, size, attrs, userLen = size, pgoff = 0) =>
      through(dev, 'mmap', (ops) => ops.mmap(cpuAddr, handle, size, pgoff, userLen, attrs)),

    getSgtableAttrs(dev, cpuAddr, handle, size, attrs) {
      const made = through(dev, 'getSgtable', (ops) => ops.getSgtable(cpuAddr, handle, size, attrs))
      if (made.ok) tellTable(parts, { device: dev.name, cpuAddr, handle, size, attrs }, made.value)
      return made
    },

    mapPageAttrs(dev, page, offset, size, dir, attrs) {
      checkDir(dir, 'dma_map_page_attrs')
      const refused = attrs === 0 ? undefined : refusedPage(dev, attrs)
      if (refused !== undefined) return refused
      const { ops, symbols } = parts.table(dev)
      let mapped: KResult<DmaAddr>
      // As toldIfStopped(), which takes two functions that would be made for each mapping.
      try {
        const mark = stack.enter(symbols.mapPage ?? [])
        mapped = ops.mapPage(page, offset, size, dir, attrs)
        stack.leave(mark)
        if (facts.debugReadsPages && mapped.ok) debugMapPage(page)
      } catch (error) {
        tellStoppedPage(sink, error, dev, page, offset, size, dir, attrs)
        throw error
      }
      if (!sink.heard) return mapped
      const at = page.kind === 'page' ? physOf(page.pfn, offset) : trace.physOfPage(page, offset)
      sink.emitMap(trace.pageMapped, dev.name, told(mapped), size, dir, attrs, at)
      return mapped
    },

    unmapPageAttrs(dev, handle, size, dir, attrs) {
      checkDir(dir, 'dma_unmap_page_attrs')
      if (attrs !== 0 && has(attrs, mmio)) return tellKept(sink, parts.state(dev), handle, size)
      const { ops, symbols } = parts.table(dev)
      const mark = stack.enter(symbols.unmapPage ?? [])
      ops.unmapPage(handle, size, dir, attrs)
      stack.leave(mark)
      if (sink.heard) sink.emitUnmap(trace.pageUnmapped, dev.name, handle, size, dir, attrs)
    },

    mapSgAttrs(dev, table, dir, attrs, nents = table.origNents) {
      checkDir(dir, 'dma_map_sg_attrs')
      if (lacksCoherence(dev, attrs)) return fail('EOPNOTSUPP', noCoherence(dev))
      const mapped = toldIfStopped(sink, givenList('map_sg', dev, table, nents, dir, attrs), () => {
        const made = through(dev, 'mapSg', (ops) => ops.mapSg(table, nents, dir, attrs))
        if (made.ok) {
          table.nents = made.value
          if (facts.debugReadsPages) debugMapSg(table)
        }
        return made
      })
      if (mapped.ok) {
        trace.mapSg(dev.name, table, nents, mapped.value, dir, attrs)
      } else if (!EXPECTED_ERRORS.includes(mapped.errno)) {
        trace.mapSgErr(dev.name, table, nents, -ERRNO[mapped.errno], dir, attrs)
        return fail('EIO', mapped.why)
      }
      return mapped.ok || facts.mapSgErrno === 'own' ? mapped : fail('EINVAL', mapped.why)
    },

    unmapSgAttrs(dev, table, dir, attrs, nents = table.origNents) {
      checkDir(dir, 'dma_unmap_sg_attrs')
      trace.unmapSg(dev.name, table, nents, dir, attrs)
      toldIfStopped(sink, givenList('unmap_sg', dev, table, nents, dir, attrs), () =>
        through(dev, 'unmapSg', (ops) => ops.unmapSg(table, nents, dir, attrs)),
      )
    },

    mapResource(dev, at, size, dir, attrs) {
      if (facts.mapsByPhys) return mapPhys(dev, at, size, dir, withBits(attrs, mmio))
      checkDir(dir, 'dma_map_resource')
      const mapped = mapResourceTable(dev, at, size, dir, attrs)
      if (sink.heard) trace.map('resource', dev.name, told(mapped), size, dir, attrs, at)
      return mapped
    },

    unmapResource(dev, handle, size, dir, attrs) {
      if (facts.mapsByPhys) return unmapPhys(dev, handle, size, dir, withBits(attrs, mmio))
      checkDir(dir, 'dma_unmap_resource')
      through(dev, 'unmapResource', (ops) => ops.unmapResource(handle, size, dir, attrs))
      if (sink.heard) trace.unmap('resource', dev.name, handle, size, dir, attrs)
    },

    syncSingleForCpu(dev, handle, size, dir) {
      if (!needsSync(dev)) return
      checkDir(dir, 'dma_sync_single_for_cpu')
      const { ops, symbols } = parts.table(dev)
      const mark = stack.enter(symbols.syncSingleForCpu ?? [])
      ops.syncSingleForCpu(handle, size, dir)
      stack.leave(mark)
      trace.syncSingle('cpu', dev.name, handle, size, dir)
    },

    syncSingleForDevice(dev, handle, size, dir) {
      if (!needsSync(dev)) return
      checkDir(dir, 'dma_sync_single_for_device')
      const { ops, symbols } = parts.table(dev)
      const mark = stack.enter(symbols.syncSingleForDevice ?? [])
      ops.syncSingleForDevice(handle, size, dir)
      stack.leave(mark)
      trace.syncSingle('device', dev.name, handle, size, dir)
    },

    syncSgForCpu(dev, table, dir, nents = table.origNents) {
      if (!needsSync(dev)) return
      checkDir(dir, 'dma_sync_sg_for_cpu')
      toldIfStopped(sink, givenList('sync_sg_for_cpu', dev, table, nents, dir, 0), () =>
        through(dev, 'syncSgForCpu', (ops) => ops.syncSgForCpu(table, nents, dir)),
      )
      trace.syncSg('cpu', dev.name, table, nents, dir)
    },

    syncSgForDevice(dev, table, dir, nents = table.origNents) {
      if (!needsSync(dev)) return
      checkDir(dir, 'dma_sync_sg_for_device')
      toldIfStopped(sink, givenList('sync_sg_for_device', dev, table, nents, dir, 0), () =>
        through(dev, 'syncSgForDevice', (ops) => ops.syncSgForDevice(table, nents, dir)),
      )
      trace.syncSg('device', dev.name, table, nents, dir)
    },
  }
}
