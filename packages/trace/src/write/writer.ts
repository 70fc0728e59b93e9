// A modelled run as ftrace text: what a kernel would print in the kernel's form, everything else as markers that the reader turns
// back into events. Reading the file gives the same findings as the run.
import {
  nearestRelease,
  TRACE_FORMATS,
  TRACE_RELEASES,
  type Event,
  type EventBody,
  type TraceRelease,
} from '@dmalab/api'
import { LIST_LIMIT, printed } from './body.ts'

/** Begins a marker that holds an event no kernel prints. */
export const LAB_MARKER = 'dmalab: '

const [OLDEST] = TRACE_RELEASES

export interface FtraceWriter {
  onEvent(event: Event): void
  /** The whole file. */
  finish(): string
}

/** The form follows the kernel of the session unless it is given; a release whose form is not known has that of the nearest before it. */
export const createFtraceWriter = (release?: TraceRelease): FtraceWriter => {
  const lines: string[] = []
  let form = TRACE_FORMATS[release ?? OLDEST]
  const add = (event: Event, name: string, body: string): void => {
    lines.push(`${frame(event)}${name}: ${body}`)
  }
  return {
    onEvent(event): void {
      if (event.event === 'session' && release === undefined)
        form = TRACE_FORMATS[nearestRelease(TRACE_RELEASES, event.traceFormat)?.release ?? OLDEST]
      const text = printed(event, form)
      if (text === undefined) return add(event, 'tracing_mark_write', `${LAB_MARKER}${JSON.stringify(bodyOf(event))}`)
      const extra = extraOf(event)
      if (extra !== undefined)
        add(event, 'tracing_mark_write', `${LAB_MARKER}${JSON.stringify({ event: 'with', ...extra })}`)
      add(event, text.name, text.body)
    },
    finish: () => [...header(lines.length), ...lines, ''].join('\n'),
  }
}

/** What the model knows about an event beyond its printed text. */
const extraOf = (event: Event): Readonly<Record<string, unknown>> | undefined => {
  const extra: Record<string, unknown> = {}
  if ('pool' in event && event.event === 'dma_alloc' && event.pool !== undefined) extra['pool'] = event.pool
  if ((event.event === 'dma_alloc' || event.event === 'swiotlb_bounced') && event.physAddr !== undefined)
    extra['physAddr'] = event.physAddr
  if ('area' in event && event.area !== undefined) extra['area'] = event.area
  if (event.event === 'dma_map_sg' && event.records !== undefined) extra['records'] = event.records
  if (event.event === 'dma_map_sg' && Math.max(event.nents, event.ents) > LIST_LIMIT && !event.truncated) {
    const { dmaAddrs, sizes, physAddrs, truncated } = event
    Object.assign(extra, { dmaAddrs, sizes, physAddrs, truncated })
  }
  return Object.keys(extra).length === 0 ? undefined : extra
}

const bodyOf = (event: Event): EventBody => {
  const { at: _at, time: _time, cpu: _cpu, pid: _pid, interrupt: _interrupt, ...body } = event
  return body
}

/** A step is written as a microsecond; a log's own frame stays what it was. */
const frame = (event: Event): string => {
  const { task, pid = 1, cpu = 0, time, interrupt } = event
  const name = event.event === 'cpu_access' || task === undefined ? 'dmalab' : task
  const flags = interrupt === true ? '..h..' : '.....'
  const seconds = time ?? `${Math.floor(event.at / 1e6)}.${String(event.at % 1e6).padStart(6, '0')}`
  return `${name.slice(0, 16).padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, '0')}] ${flags} ${seconds.padStart(12)}: `
}

const header = (entries: number): readonly string[] => [
  '# tracer: nop',
  '#',
  `# entries-in-buffer/entries-written: ${entries}/${entries}   #P:1`,
  '#',
  '#                                _-----=> irqs-off/BH-disabled',
  '#                               / _----=> need-resched',
  '#                              | / _---=> hardirq/softirq',
  '#                              || / _--=> preempt-depth',
  '#                              ||| / _-=> migrate-disable',
  '#                              |||| /     delay',
  '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
  '#              | |         |   |||||     |         |',
]
