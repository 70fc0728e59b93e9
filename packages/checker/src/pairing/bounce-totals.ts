// What was bounced, reported once for each device and reason: how many mappings, how many bytes, and why.
import { bytes, finding, hex, type CheckerContext, type Event, type ReportFinding } from '@dmalab/api'

type BounceEvent = Extract<Event, { event: 'swiotlb_bounced' }>

/** Steps or lines that a finding names. */
const NAMED = 8
/** Bytes of a cache line where no session names it. */
const LINE_SIZE = 64

interface Total {
  readonly device: string
  readonly why: string
  mappings: number
  bytes: number
  /** The first of them. */
  readonly first: BounceEvent
  readonly at: number[]
}

export class BounceTotals {
  readonly #report: ReportFinding
  readonly #context: CheckerContext
  readonly #totals = new Map<string, Total>()

  constructor(report: ReportFinding, context: CheckerContext) {
    this.#report = report
    this.#context = context
  }

  /** What one mapping bounced, at this step or line. */
  add(events: readonly BounceEvent[], at: number): void {
    const [first] = events
    if (first === undefined) return
    const why = this.#why(first)
    const key = `${first.device} ${why}`
    let total = this.#totals.get(key)
    if (total === undefined)
      this.#totals.set(key, (total = { device: first.device, why, mappings: 0, bytes: 0, first, at: [] }))
    total.mappings += 1
    total.bytes += events.reduce((sum, { size }) => sum + size, 0)
    if (total.at.length < NAMED) total.at.push(at)
  }

  report(): void {
    for (const { device, why, mappings, bytes: sum, first, at } of this.#totals.values()) {
      const what = `${mappings === 1 ? '1 mapping was' : `${mappings} mappings were`} bounced (${bytes(sum)})`
      const where = `the first at ${isNone(first.devAddr) ? 'memory that no window covers' : hex(first.devAddr)}`
      this.#report(finding('bounced', `${device}: ${what}, ${where}: ${why}`, { device, evidence: at }))
    }
  }

  /** In the order in which the kernel asks: forced, then the mask and the bus, and only then how the memory is aligned. */
  #why({ device, force, devAddr, size, dmaMask }: BounceEvent): string {
    const known = this.#context.session?.devices.find(({ name }) => name === device)
    const last = devAddr + size - 1
    if (force) return 'bouncing is forced (swiotlb=force, or the device has a restricted pool)'
    if (isNone(devAddr)) return 'no window of its bus covers the memory'
    if (last > dmaMask) return `its mask ends at ${hex(dmaMask)}`
    if (last > (known?.busLimit ?? Infinity)) return `its bus carries addresses up to ${hex(known?.busLimit ?? 0)}`
    const line = this.#context.session?.lineSize ?? LINE_SIZE
    if (devAddr % line !== 0 || size % line !== 0)
      return 'address or length is not aligned to what caches or IOMMU work on'
    return 'it lies inside the mask, so a limit of the bus or a granule of the IOMMU decides'
  }
}

/** All ones: there is no bus address. */
const isNone = (devAddr: number): boolean => devAddr >= 2 ** 64 - 2048
