// Pairs what is mapped or allocated with what undoes it, for statistics and time lines. It judges nothing: the checker does.
import type { Event } from '@dmalab/api'
import { AnnouncedBounces } from './announced-bounces.ts'

export interface Lifetime {
  readonly kind: 'mapping' | 'list' | 'coherent'
  readonly device: string
  readonly dmaAddr: number
  /** Bytes. */
  readonly size: number
  readonly dir: number
  readonly attrs: number
  /** Line or step of the event that began it. */
  readonly at: number
  /** Seconds, ticks, or the step of a model run. */
  readonly began: number
  readonly bounced: boolean
  /** The device address is not the physical one. */
  readonly translated: boolean
}

export interface LifetimeListener {
  began(life: Lifetime, event: Event): void
  ended(life: Lifetime, event: Event): void
}

/** The time of an event as a number: seconds or ticks of a log, else the step. */
export const timeOf = (event: Event): number => (event.time === undefined ? event.at : Number(event.time))

/** Lifetimes followed at once; a log of which nothing is unmapped must not fill the memory. */
const FOLLOWED = 500_000

export class Lifetimes {
  readonly #listener: LifetimeListener
  readonly #live = new Map<string, Lifetime[]>()
  readonly #bounces = new AnnouncedBounces()

  readonly #limit: number
  #followed = 0
  /** Begun, and neither ended nor followed any more. */
  notFollowed = 0

  constructor(listener: LifetimeListener, limit = FOLLOWED) {
    this.#listener = listener
    this.#limit = limit
  }

  /** Everything that is still live, in the order in which it began. */
  *live(): Generator<Lifetime> {
    for (const lives of this.#live.values()) yield* lives
  }

  onEvent(event: Event): void {
    switch (event.event) {
      case 'swiotlb_bounced':
        return this.#bounces.announce(event)
      case 'dma_map_page':
      case 'dma_map_phys':
      case 'dma_map_resource':
        if (event.dmaAddr >= 2 ** 64 - 2048 || event.dmaAddr === 2 ** 32 - 1) return void this.#bounces.take(event, [])
        return this.#begin('mapping', addressKey(event), event, event.dmaAddr, event.size, event.attrs, [
          event.physAddr,
        ])
      case 'dma_unmap_page':
      case 'dma_unmap_phys':
      case 'dma_unmap_resource':
        return this.#end(addressKey(event), event)
      case 'dma_map_sg': {
        const size = event.sizes.reduce((sum, len) => sum + len, 0)
        return this.#begin('list', listKey(event), event, event.dmaAddrs[0] ?? 0, size, event.attrs, event.physAddrs)
      }
      case 'dma_unmap_sg':
        return this.#end(listKey(event), event)
      case 'dma_alloc':
      case 'dma_alloc_pages':
      case 'dma_alloc_sgt': {
        if (event.event !== 'dma_alloc_sgt' && /^(0x)?0*$/.test(event.virtAddr)) return
        const phys = event.event === 'dma_alloc_sgt' ? event.physAddrs[0] : event.physAddr
        // Handed out again without a traced free: memory of a pool.
        this.#end(allocKey(event), event)
        return this.#begin('coherent', allocKey(event), event, event.dmaAddr, event.size, event.attrs, [
          phys ?? event.dmaAddr,
        ])
      }
      case 'dma_free':
      case 'dma_free_pages':
      case 'dma_free_sgt':
      case 'pool_free':
        return this.#end(allocKey(event), event)
      case 'lost':
        this.#live.clear()
        this.#followed = 0
        return
      default:
    }
  }

  #begin(
    kind: Lifetime['kind'],
    key: string,
    event: Event & { readonly device: string; readonly dir: number },
    dmaAddr: number,
    size: number,
    attrs: number,
    physAddrs: readonly number[],
  ): void {
    const { device, dir, at } = event
    const bounced = kind !== 'coherent' && this.#bounces.take(event, physAddrs)
    const translated = physAddrs[0] !== undefined && physAddrs[0] !== dmaAddr
    const life: Lifetime = { kind, device, dmaAddr, size, dir, attrs, at, began: timeOf(event), bounced, translated }
    const lives = this.#live.get(key)
    if (lives === undefined) this.#live.set(key, [life])
    else lives.push(life)
    this.#followed += 1
    if (this.#followed > this.#limit) this.#forgetOldest()
    this.#listener.began(life, event)
  }

  /** Half of them at once: a map from which the first key is taken again and again grows slow. */
  #forgetOldest(): void {
    for (const [key, lives] of this.#live) {
      if (this.#followed <= this.#limit / 2) return
      this.#live.delete(key)
      this.#followed -= lives.length
      this.notFollowed += lives.length
    }
  }

  #end(key: string, event: Event): void {
    const lives = this.#live.get(key)
    const life = lives?.pop()
    if (lives?.length === 0) this.#live.delete(key)
    if (life === undefined) return
    this.#followed -= 1
    this.#listener.ended(life, event)
  }
}

const addressKey = (event: { device: string; dmaAddr: number }): string => `m ${event.device} ${event.dmaAddr}`
const allocKey = (event: { device: string; dmaAddr: number }): string => `a ${event.device} ${event.dmaAddr}`
const listKey = (event: { device: string; physAddrs: readonly number[] }): string =>
  `l ${event.device} ${event.physAddrs[0]}`
