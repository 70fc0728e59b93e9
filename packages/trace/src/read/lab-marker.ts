// Markers of our own writer: events that no kernel prints, and what the model knows about the event that follows.
import { FINDINGS, type Event, type EventBody, type LabEvent, ownValue } from '@dmalab/api'
import { LAB_MARKER } from '../write/writer.ts'

type Kind = 'code' | 'string' | 'number' | 'boolean' | 'numbers' | 'strings' | 'named' | 'ranges' | 'entries' | 'oops'

/** Events that may come this way, with the fields that rules rely on: a log is text that may have been edited. */
const SHAPES: Readonly<
  Record<Exclude<LabEvent['event'], 'marker' | 'lost' | 'kernel_release'>, Readonly<Record<string, Kind>>>
> = {
  session: {
    machine: 'string',
    kernel: 'string',
    lineSize: 'number',
    physAddrBits: 'number',
    dmaDebug: 'string',
    traceFormat: 'string',
    memory: 'ranges',
    pools: 'named',
    devices: 'named',
  },
  step: { what: 'string' },
  ioctl: { name: 'string', device: 'string' },
  printk: { level: 'string', text: 'string' },
  cache_maint: { op: 'string', physAddr: 'number', size: 'number', dir: 'number' },
  cache_line: { op: 'string', physAddr: 'number' },
  arch_sync: { to: 'string', physAddr: 'number', size: 'number', dir: 'number' },
  bounce_copy: { copy: 'string', device: 'string', tlbAddr: 'number', origAddr: 'number', size: 'number' },
  cache_summary: { device: 'string', op: 'string', lines: 'number', writtenBack: 'number' },
  dma_mapping_error: { device: 'string', dmaAddr: 'number' },
  pool_free: { device: 'string', pool: 'string', dmaAddr: 'number', size: 'number' },
  dma_get_sgtable: {
    device: 'string',
    dmaAddr: 'number',
    size: 'number',
    pages: 'strings',
    physAddrs: 'numbers',
    places: 'numbers',
  },
  driver_unbound: { device: 'string' },
  iova_link: {
    device: 'string',
    dmaAddr: 'number',
    physAddr: 'number',
    size: 'number',
    dir: 'number',
    attrs: 'number',
  },
  iova_sync: { device: 'string', dmaAddr: 'number', size: 'number' },
  iova_unlink: { device: 'string', dmaAddr: 'number', size: 'number' },
  dma_buf_release: { expName: 'string', size: 'number', ino: 'number' },
  device_access: { device: 'string', write: 'boolean', dmaAddr: 'number', size: 'number' },
  cpu_access: {
    task: 'string',
    write: 'boolean',
    virtAddr: 'string',
    physAddr: 'number',
    size: 'number',
    mapping: 'string',
  },
  stale_translation: { device: 'string', write: 'boolean', dmaAddr: 'number', physAddr: 'number' },
  kernel_quirk: { code: 'code', text: 'string' },
  type_confusion: { what: 'string', virtAddr: 'string', read: 'string' },
  stopped_call: { call: 'string', device: 'string', dir: 'number', attrs: 'number', entries: 'entries' },
  oops: { oops: 'oops' },
  end: {},
}
/** What may be said about the event that follows. */
const EXTRAS: Readonly<Record<string, Kind | undefined>> = {
  pool: 'string',
  physAddr: 'number',
  area: 'string',
  dmaAddrs: 'numbers',
  sizes: 'numbers',
  physAddrs: 'numbers',
  truncated: 'boolean',
  records: 'entries',
}

const record = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const each = (value: unknown, holds: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(holds)
const isEntry = (value: unknown): boolean =>
  record(value) &&
  isPage(value['page']) &&
  ['offset', 'length', 'attrs', 'dmaAddress', 'dmaLength'].every((field) => isCount(value[field]))
/** A page frame number, the address that stands in its place, or null. */
const isPage = (page: unknown): boolean =>
  page === null || isCount(page) || (typeof page === 'string' && /^0x[\da-f]{1,16}$/.test(page))
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0
const fits = (value: unknown, kind: Kind): boolean => {
  switch (kind) {
    case 'code':
      return typeof value === 'string' && Object.hasOwn(FINDINGS, value)
    case 'numbers':
      return each(value, (item) => typeof item === 'number')
    case 'strings':
      return each(value, (item) => typeof item === 'string')
    case 'named':
      return each(value, (item) => record(item) && typeof item['name'] === 'string')
    case 'ranges':
      return each(value, (item) => record(item) && typeof item['base'] === 'number' && typeof item['len'] === 'number')
    case 'entries':
      return each(value, isEntry)
    case 'oops':
      return (
        record(value) &&
        ['address', 'function', 'reason'].every((field) => typeof value[field] === 'string') &&
        fits(value['callPath'], 'strings')
      )
    default:
      return typeof value === kind
  }
}

export interface LabMarkers {
  /** There was nothing of our own writer so far, so events are as they stand. */
  readonly none: boolean
  /** Turns a marker into the event it holds; undefined: it belongs to the event that follows. */
  marker(event: Event): Event | undefined
  /** Adds what came before, and gives the event the step of its run. */
  complete(event: Event): Event
}

/** A log made by our writer counts steps, not lines: its times are steps in microseconds. */
export const createLabMarkers = (): LabMarkers => {
  let ours = false
  let extra: Readonly<Record<string, unknown>> | undefined
  const stepped = (event: Event): Event =>
    ours && event.time !== undefined ? { ...event, at: Math.round(Number(event.time) * 1e6) } : event
  return {
    get none(): boolean {
      return !ours && extra === undefined
    },
    marker(event): Event | undefined {
      const body = event.event === 'marker' ? parsed(event.text) : undefined
      if (body === undefined) return stepped(event)
      if (body['event'] === 'with') {
        const { event: _with, ...rest } = body
        extra = rest
        return undefined
      }
      ours ||= body['event'] === 'session'
      const { at, time } = stepped(event)
      // Its shape was compared above.
      return { ...(body as unknown as EventBody), at, ...(time === undefined || ours ? {} : { time }) }
    },
    complete(event): Event {
      const whole = extra === undefined ? event : { ...event, ...extra }
      extra = undefined
      return stepped(whole)
    },
  }
}

/** The event of a marker, when it has every field that its rules read. */
const parsed = (text: string): Readonly<Record<string, unknown>> | undefined => {
  if (!text.startsWith(LAB_MARKER)) return undefined
  let body: unknown
  try {
    body = JSON.parse(text.slice(LAB_MARKER.length))
  } catch {
    return undefined
  }
  if (!record(body) || typeof body['event'] !== 'string') return undefined
  const { event, ...fields } = body
  if (event === 'with')
    return Object.entries(fields).every(([name, value]) => {
      const kind = ownValue(EXTRAS, name)
      return kind !== undefined && fits(value, kind)
    })
      ? body
      : undefined
  if (fields['runs'] !== undefined && !fits(fields['runs'], 'ranges')) return undefined
  const shape = Object.entries(SHAPES).find(([name]) => name === event)?.[1]
  return shape !== undefined && Object.entries(shape).every(([name, kind]) => fits(fields[name], kind))
    ? body
    : undefined
}
