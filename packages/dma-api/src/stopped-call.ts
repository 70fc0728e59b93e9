// A call of the DMA API in which the kernel stops leaves no event of its own: what it was given is told before the oops goes on, so that
// the log of a run holds all that the run asked for.
import {
  type Device,
  type DmaAddr,
  type EventSink,
  hex,
  type RawEntry,
  type SgEntry,
  type SgPage,
  type SgTable,
  type StoppedCall,
} from '@dmalab/api'
import { isSimulatedOops } from '@dmalab/memory'

/** Runs `body`; `given` is asked only where the kernel stops in it. */
export const toldIfStopped = <T>(sink: EventSink, given: () => StoppedCall, body: () => T): T => {
  try {
    return body()
  } catch (error) {
    tellStopped(sink, error, given)
    throw error
  }
}

/** What a call was given that ended with this error, where it is the kernel's stop. */
const tellStopped = (sink: EventSink, error: unknown, given: () => StoppedCall): void => {
  if (isSimulatedOops(error) && sink.wants('op')) sink.emit({ event: 'stopped_call', ...given() })
}

/** As tellStopped(), for dma_map_page_attrs: what it was given, as plain arguments, costs nothing until the kernel stops. */
export const tellStoppedPage = (
  sink: EventSink,
  error: unknown,
  device: Device,
  page: SgPage,
  offset: number,
  length: number,
  dir: number,
  attrs: number,
): void => tellStopped(sink, error, givenPiece('map_page', device, page, offset, length, dir, attrs))

type ListCall = Exclude<StoppedCall['call'], 'map_page' | 'map_resource'>

export const givenList =
  (call: ListCall, { name }: Device, table: SgTable, nents: number, dir: number, attrs: number) =>
  (): StoppedCall => ({
    call,
    device: name,
    dir,
    attrs,
    entries: Array.from({ length: nents }, (_, i) => rawEntry(table.entry(i))),
  })

/** The one entry that stands for what a call on a single piece was given. */
export const givenPiece =
  (
    call: 'map_page' | 'map_resource',
    { name }: Device,
    page: SgPage,
    offset: number,
    length: number,
    dir: number,
    attrs: number,
  ) =>
  (): StoppedCall => ({
    call,
    device: name,
    dir,
    attrs,
    entries: [rawEntry({ page, offset, length, attrs: 0, dmaAddress: 0 as DmaAddr, dmaLength: 0 })],
  })

/** An entry as numbers, whatever its page pointer is. */
export const rawEntry = ({ page, ...rest }: SgEntry): RawEntry => ({
  page: page.kind === 'page' ? page.pfn : page.kind === 'vaddr' ? hex(page.at) : null,
  ...rest,
})
