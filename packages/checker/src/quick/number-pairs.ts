// Single mappings that come as numbers and are no usual pair: the short way, or they are a matter for the ledger.
import { ATTR, type EventName, has } from '@dmalab/api'
import type { DialectChoice } from '../dma-debug/dialect-choice.ts'
import type { QuickPairing } from './quick-pairing.ts'
import type { UsualPair } from './usual-pair.ts'

const NO_PID = -1

export class NumberPairs {
  private readonly quick: QuickPairing
  private readonly dialect: DialectChoice
  private readonly usual: UsualPair

  constructor(usual: UsualPair, quick: QuickPairing, dialect: DialectChoice) {
    this.usual = usual
    this.quick = quick
    this.dialect = dialect
  }

  /** True: it is pending. */
  map(
    name: EventName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    pid: number,
  ): boolean {
    const { usual, quick } = this
    this.settle()
    if (isResource(name, attrs)) return false
    this.dialect.seeName(name)
    if (!quick.map(device, dmaAddr, size, dir, attrs, physAddr, at, pid)) return false
    if (quick.onlyNewest()) usual.allowMap(name, quick.last!)
    return true
  }

  /** True: it undid what was pending. */
  unmap(
    name: EventName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    at: number,
  ): boolean {
    const { usual, quick } = this
    this.settle()
    if (isResource(name, attrs)) return false
    this.dialect.seeName(name)
    if (!quick.unmap(device, dmaAddr, size, dir, attrs, at)) return false
    if (!quick.ledger.checksTraced) usual.allowUnmap(name, quick.last!, quick.pending)
    return true
  }

  /** Something else happens: what is held is pending like any other, and what is usual must show itself again. */
  otherEvent(): void {
    this.settle()
    this.usual.forbid()
  }

  private settle(): void {
    const held = this.usual.interrupt()
    if (held === undefined) return
    const { device, dmaAddr, size, dir, physAddr, at } = held
    if (!this.quick.map(device, dmaAddr, size, dir, 0, physAddr, at, NO_PID))
      throw new Error('a mapping was held that is not plainly right')
  }
}

const isResource = (name: EventName, attrs: number): boolean =>
  name === 'dma_map_page' || name === 'dma_unmap_page'
    ? false
    : name === 'dma_map_resource' || name === 'dma_unmap_resource' || has(attrs, ATTR.MMIO)
