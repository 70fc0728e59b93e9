// Follows events, and keeps who has which buffer. It judges nothing: the checker does.
import type { Event } from '@dmalab/api'
import { BufferNames } from './buffer-names.ts'
import { Ownership } from './ownership.ts'
import { CPU_LANE, type Owner, type Timeline, type ViewBuffer } from './timeline-data.ts'

/** The kinds of event that have one of these names. */
type Named<E extends Event['event'], One = Event> = One extends Event
  ? E & One['event'] extends never
    ? never
    : One
  : never

/** Of an event: the buffer that it is about, and the lane that it belongs to. */
export interface SeenEvent {
  readonly buffer: number | null
  readonly lane: number
}

/** Mapping errors of 32 and 64 bits, as logs print them. */
const isMappingError = (at: number): boolean => at >= 2 ** 64 - 2048 || at === 2 ** 32 - 1

export class BufferBook {
  readonly names: BufferNames
  private readonly ownership = new Ownership()
  private readonly steps: { event: number; name: string }[] = []
  private readonly exported = new Map<number, number>()
  private readonly isExported = new Set<number>()
  private readonly attached = new Map<string, number[]>()
  private readonly bouncing = new Map<string, number>()
  private lastListed: number | undefined
  private stepDevice: string | undefined

  constructor(names: BufferNames = new BufferNames()) {
    this.names = names
    this.ownership.laneOf(CPU_LANE)
  }

  onEvent(event: Event): SeenEvent {
    this.ownership.at++
    const device = 'device' in event ? event.device : undefined
    const buffer = this.follow(event)
    return { buffer: buffer ?? null, lane: this.laneOfEvent(event, device) }
  }

  finish(): Omit<Timeline, 'touched' | 'laneOf' | 'count'> {
    const { buffers, ...rest } = this.ownership.finish()
    const named = buffers.map((buffer) => ({ ...buffer, name: this.names.of(buffer.id) ?? buffer.name }))
    return { ...rest, buffers: named, steps: this.steps }
  }

  /** Physical memory of a buffer. */
  piecesOf(buffer: number): ViewBuffer['pieces'] {
    return this.ownership.buffers[buffer]?.pieces ?? []
  }

  private laneOfEvent(event: Event, device: string | undefined): number {
    if (event.event === 'step' || event.event === 'ioctl' || event.event === 'cpu_access') return 0
    if (device !== undefined) return this.ownership.knownLane(device) ?? 0
    if ('owner' in event) return this.ownership.knownLane(event.owner.replace(/ (CAPTURE|OUTPUT)$/, '')) ?? 0
    return this.stepDevice === undefined ? 0 : (this.ownership.knownLane(this.stepDevice) ?? 0)
  }

  private follow(event: Event): number | undefined {
    switch (event.event) {
      case 'step':
        this.steps.push({ event: this.ownership.at, name: event.what })
        this.stepDevice = event.device
        return undefined
      case 'marker':
        this.steps.push({ event: this.ownership.at, name: event.text })
        return undefined
      case 'dma_alloc':
      case 'dma_alloc_pages':
      case 'dma_alloc_sgt':
        return this.allocated(event)
      case 'dma_free':
      case 'dma_free_pages':
      case 'dma_free_sgt':
      case 'pool_free':
        return this.ownership.close(`${event.device} alloc ${event.dmaAddr}`)
      case 'dma_map_page':
      case 'dma_map_phys':
      case 'dma_map_resource':
        return isMappingError(event.dmaAddr) ? this.refused(event.device) : this.mapped(event)
      case 'dma_unmap_page':
      case 'dma_unmap_phys':
      case 'dma_unmap_resource':
        return this.ownership.close(`${event.device} ${event.dmaAddr}`)
      case 'dma_map_sg':
        return this.mappedList(event)
      case 'dma_unmap_sg':
        return this.ownership.close(`${event.device} list ${event.physAddrs[0]}`)
      case 'dma_map_sg_err':
      case 'dma_alloc_sgt_err':
        return this.refused(event.device)
      case 'dma_sync_single_for_cpu':
      case 'dma_sync_sg_for_cpu':
        return this.synced(event, 'cpu')
      case 'dma_sync_single_for_device':
      case 'dma_sync_sg_for_device':
        return this.synced(event, 'device')
      case 'swiotlb_bounced':
        this.bouncing.set(event.device, (this.bouncing.get(event.device) ?? 0) + 1)
        this.ownership.tick('bounce', event.device, null)
        return undefined
      case 'cache_summary':
        if (event.lines > 0) this.ownership.tick('cache', event.device, null)
        return undefined
      case 'dma_get_sgtable':
        this.lastListed = this.ownership.atBus(event.device, event.dmaAddr)
        return this.lastListed
      case 'dma_buf_export':
        return this.exports(event)
      case 'dma_buf_dynamic_attach':
        return this.attaches(event)
      case 'dma_buf_detach':
      case 'dma_buf_fd':
      case 'dma_buf_get':
      case 'dma_buf_put':
      case 'dma_buf_release':
        return this.exported.get(event.ino)
      case 'device_access':
        return this.deviceAccess(event)
      case 'cpu_access':
        return this.cpuAccess(event)
      case 'vb2_qbuf':
        return this.queued(event, 'transit')
      case 'vb2_buf_queue':
        return this.queued(event, 'device')
      case 'vb2_buf_done':
        return this.queued(event, 'transit')
      case 'vb2_dqbuf':
        return this.queued(event, 'cpu')
      case 'ioctl':
        if (event.errno !== undefined) this.ownership.tick('refused', CPU_LANE, null)
        return undefined
      case 'io_page_fault':
        this.ownership.tick('fault', event.device, null)
        return undefined
      case 'oops':
        this.ownership.tick('fault', this.stepDevice ?? CPU_LANE, null)
        return undefined
      default:
        return undefined
    }
  }

  private allocated(event: Named<'dma_alloc' | 'dma_alloc_pages' | 'dma_alloc_sgt'>): number | undefined {
    if (event.event !== 'dma_alloc_sgt' && /^(0x)?0*$/.test(event.virtAddr)) return this.refused(event.device)
    const { device, dmaAddr, size } = event
    // Handed out again without a traced free: memory of a pool.
    this.ownership.close(`${device} alloc ${dmaAddr}`)
    const [phys, pool] =
      event.event === 'dma_alloc_sgt'
        ? [event.physAddrs[0] ?? dmaAddr, null]
        : [event.physAddr ?? dmaAddr, event.pool ?? null]
    const id = this.ownership.buffer({
      kind: pool === null ? 'coherent' : 'pool',
      device,
      pool,
      dmaAddr,
      size,
      pieces: [{ base: phys, len: size }],
    })
    this.ownership.bar(id, device, 'home', `${device} alloc ${dmaAddr}`, 'cpu')
    return id
  }

  private mapped(event: Named<'dma_map_page' | 'dma_map_phys' | 'dma_map_resource'>): number {
    const { device, dmaAddr, size, physAddr } = event
    const id =
      this.ownership.live.at(physAddr) ??
      this.ownership.buffer({
        kind: 'streaming',
        device,
        pool: null,
        dmaAddr,
        size,
        pieces: [{ base: physAddr, len: size }],
      })
    this.ownership.bar(id, device, 'mapping', `${device} ${dmaAddr}`, 'device', this.hasBounced(device))
    return id
  }

  private mappedList(event: Named<'dma_map_sg'>): number {
    const { device, dmaAddrs, sizes, physAddrs } = event
    const size = sizes.reduce((sum, len) => sum + len, 0)
    const waiting = this.attached.get(device) ?? []
    const dmaBuf = waiting.findLastIndex((id) => this.ownership.buffers[id]?.size === size)
    const id =
      (dmaBuf >= 0 ? waiting.splice(dmaBuf, 1)[0] : undefined) ??
      this.ownership.live.at(physAddrs[0] ?? -1) ??
      this.ownership.buffer({
        kind: 'list',
        device,
        pool: null,
        dmaAddr: dmaAddrs[0] ?? null,
        size,
        pieces: physAddrs.length === sizes.length ? physAddrs.map((base, i) => ({ base, len: sizes[i] ?? 0 })) : [],
      })
    this.ownership.bar(id, device, 'mapping', `${device} list ${physAddrs[0]}`, 'device', this.hasBounced(device))
    return id
  }

  private synced(
    event: Named<
      'dma_sync_single_for_cpu' | 'dma_sync_single_for_device' | 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device'
    >,
    owner: Owner,
  ): number | undefined {
    const at = 'dmaAddr' in event ? event.dmaAddr : (event.dmaAddrs[0] ?? -1)
    const id = this.ownership.atBus(event.device, at)
    this.ownership.tick('sync', event.device, id ?? null)
    if (id !== undefined) this.ownership.own(id, owner, event.device)
    return id
  }

  private exports({ ino, size }: Named<'dma_buf_export'>): number | undefined {
    const listed = this.lastListed
    this.lastListed = undefined
    const fits = (id: number): boolean =>
      this.ownership.buffers[id]?.size === size && this.ownership.buffers[id].to === null
    const id =
      listed !== undefined && fits(listed)
        ? listed
        : this.ownership.buffers.find((one) => fits(one.id) && one.kind !== 'streaming' && !this.isExported.has(one.id))
            ?.id
    if (id === undefined) return undefined
    this.exported.set(ino, id)
    this.isExported.add(id)
    return id
  }

  private attaches({ ino, device }: Named<'dma_buf_dynamic_attach'>): number | undefined {
    const id = this.exported.get(ino)
    const home = id === undefined ? undefined : this.ownership.buffers[id]?.device
    if (id === undefined || home === undefined) return undefined
    const waiting = this.attached.get(device)
    if (waiting === undefined) this.attached.set(device, [id])
    else waiting.push(id)
    this.ownership.arrow(id, home, device)
    return id
  }

  private deviceAccess(event: Named<'device_access'>): number | undefined {
    const { device, dmaAddr, physAddr, wrong = 0, buffer, fault, foreign } = event
    const id =
      this.ownership.atBus(device, dmaAddr) ?? (physAddr === undefined ? undefined : this.ownership.live.at(physAddr))
    if (id !== undefined) {
      this.names.call(id, buffer)
      this.ownership.own(id, 'device', device)
    }
    const bad = wrong > 0 || foreign !== undefined
    this.ownership.tick(fault !== undefined ? 'fault' : bad ? 'wrong' : 'access', device, id ?? null)
    return id
  }

  private cpuAccess(event: Named<'cpu_access'>): number {
    const { physAddr, size, wrong = 0, buffer, task, runs = [{ base: physAddr, len: size }] } = event
    const id = this.ownership.live.at(physAddr) ?? this.userMemory(runs, size, buffer ?? `memory of ${task}`)
    this.names.call(id, buffer)
    this.ownership.own(id, 'cpu', null)
    this.ownership.tick(wrong > 0 ? 'wrong' : 'access', CPU_LANE, id)
    return id
  }

  private userMemory(pieces: ViewBuffer['pieces'], size: number, name: string): number {
    const id = this.ownership.buffer({ kind: 'user', device: CPU_LANE, pool: null, dmaAddr: null, size, pieces })
    this.names.call(id, name)
    this.ownership.bar(id, CPU_LANE, 'home', `user ${id}`, 'cpu')
    return id
  }

  private queued(
    event: Named<'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf'>,
    owner: Owner,
  ): number | undefined {
    const ids = this.names
      .at(event.owner, event.index)
      .filter((id) => this.ownership.buffers[id] !== undefined && this.ownership.buffers[id].to === null)
    for (const id of ids)
      this.ownership.own(id, owner, owner === 'device' ? event.owner.replace(/ (CAPTURE|OUTPUT)$/, '') : null)
    return ids[0]
  }

  /** Was a bounce of the device announced since its last mapping? */
  private hasBounced(device: string): boolean {
    const bounces = this.bouncing.get(device) ?? 0
    this.bouncing.delete(device)
    return bounces > 0
  }

  private refused(device: string): undefined {
    this.ownership.tick('refused', device, null)
    return undefined
  }
}
