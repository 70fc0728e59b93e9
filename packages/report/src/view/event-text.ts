// An event as people read it: one line, or its fields one by one.
import { type Event, hex } from '@dmalab/api'

/** Fields that hold addresses. */
const ADDRESSES: ReadonlySet<string> = new Set([
  'dmaAddr',
  'dmaAddrs',
  'physAddr',
  'physAddrs',
  'places',
  'devAddr',
  'tlbAddr',
  'origAddr',
  'iova',
  'end',
  'dmaMask',
  'base',
  'busLimit',
  'dmaAddress',
  'attrs',
])
const DIRECTIONS = ['BIDIRECTIONAL', 'TO_DEVICE', 'FROM_DEVICE', 'NONE']
/** What the stream adds, and what stands elsewhere. */
const FRAME: ReadonlySet<string> = new Set(['at', 'event', 'task', 'pid', 'cpu', 'time', 'interrupt'])
/** Entries of a list that a line shows. */
const SHOWN = 4

/** Name and value of each field, in the order of the event. */
export const fieldsOf = (event: Event): readonly (readonly [name: string, value: string])[] =>
  Object.entries(event)
    .filter(([name, value]) => !FRAME.has(name) && value !== undefined && name !== 'entries')
    .map(([name, value]) => [name, valueText(name, value)] as const)

/** All of it in one line, without the name of the event. */
export const eventText = (event: Event): string => {
  if (event.event === 'step') return event.what
  if (event.event === 'marker' || event.event === 'printk') return event.text
  if (event.event === 'oops') return event.oops.text[0] ?? event.oops.reason
  if (event.event === 'session') return `${event.kernel} on ${event.machine}`
  return fieldsOf(event)
    .map(([name, value]) => (name === 'device' || name === 'name' ? value : `${name} ${value}`))
    .join(', ')
}

const valueText = (name: string, value: unknown): string => {
  if (Array.isArray(value)) {
    const shown = value.slice(0, SHOWN).map((one) => valueText(name, one))
    return `${shown.join(' ')}${value.length > SHOWN ? ` and ${value.length - SHOWN} more` : ''}`
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, one]) => `${key} ${valueText(key, one)}`)
      .join(' ')
  if (typeof value === 'number') {
    if (name === 'dir') return DIRECTIONS[value] ?? String(value)
    return ADDRESSES.has(name) ? hex(value) : String(value)
  }
  return String(value)
}
