// A kernel log as a stream of text in any pieces; what it says about DMA memory comes out at the end. Time is linear in the input, and
// memory does not grow with it.
import type { KlogReport } from '@dmalab/api'
import { ENTRIES, PHRASES } from '../catalogue/index.ts'
import type { Entry, Fields } from '../catalogue/entry.ts'
import { createMatcher, type Found, type Group } from '../match/matcher.ts'
import { createPhrases, firstWords } from '../match/phrases.ts'
import { cleanLine } from './clean.ts'
import { createLines } from './lines.ts'
import { createUnquoted } from './quoted-printable.ts'
import { createReport } from './report.ts'
import { createTextOfBytes } from './text-of-bytes.ts'
import { createWindow, type Joined } from './window.ts'
import { createSplats } from './splats.ts'
import { subsystemOf } from './subsystem.ts'

export interface KlogReader {
  /** Text, or the bytes of a file as they come. */
  push(chunk: string | Uint8Array): void
  end(): KlogReport
}

interface Of {
  readonly entry: Entry
  readonly more: boolean
  /** Told by the words of a driver, not by a template. */
  readonly phrase?: true
}
type Hit = Found<Of>

/** A message whose further lines may still come. */
interface Open {
  readonly entry: Entry
  readonly joined: Joined<Hit>
  readonly fields: Record<string, string>
  readonly lines: number
  left: number
}

/** Records after which a message takes no further lines. */
const FURTHER = 12

class FieldValues implements Fields {
  readonly #values: Readonly<Record<string, string>>
  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#values, name)
  }
  text(name: string): string {
    return this.#values[name] ?? ''
  }
  num(name: string): number {
    return Number(this.#values[name] ?? 0)
  }
  hex(name: string): number {
    return Number.parseInt(this.#values[name] ?? '0', 16)
  }
}
const fieldsOf = (values: Readonly<Record<string, string>>): Fields => new FieldValues(values)

const NO_SENDER = { driver: '', device: '' }
const NO_TRACE: readonly string[] = []

/** Driver and device before a message: `arm-smmu 12000000.iommu: `, `DMA-API: drv dev: `. */
const senderOf = (head: string): { readonly driver: string; readonly device: string } => {
  if (!head.includes(' ')) return NO_SENDER
  for (const part of head.split(': ')) {
    const words = part.trim().split(' ')
    const [driver = '', device = '', more] = words
    if (device !== '' && more === undefined && !driver.includes('[')) return { driver, device }
  }
  return NO_SENDER
}

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => (made ??= make())
}

/** The catalogue does not change: it is read once, when first asked for. */
const catalogue = once(() => ({
  matcher: createMatcher<Of>(
    ENTRIES.flatMap((entry) => entry.forms.map(([, text, part]) => [text, { entry, more: part === 'more' }] as const)),
    firstWords(PHRASES),
  ),
  phraseOf: createPhrases(PHRASES),
}))

/** A program with its number, or the audit subsystem, which repeats what programs did. */
const FROM_USER_SPACE = /^(?:[\w./@-]+\[\d+\]: |audit(?:\(|: |\[))/

/** `onLine` gets every line as the console would show it, with its prefix. */
export const createKlogReader = (onLine?: (text: string, line: number) => void): KlogReader => {
  const { matcher, phraseOf } = catalogue()
  const report = createReport()
  const splats = createSplats(report)
  let open: Open | undefined

  const close = (): void => {
    if (open === undefined) return
    const { entry, joined, fields } = open
    open = undefined
    const found = joined.found
    const sender = senderOf(found === undefined ? '' : joined.text.slice(0, found.start))
    const { driver, device } = sender
    const { record, text } = joined
    report.add(entry, { driver, device, fields: fieldsOf(fields), trace: NO_TRACE, record, text })
  }
  /** The words of an event that the SMMUv3 driver dumps, one a line. */
  const isWord = (text: string): boolean => /^(?:\S+ \S+: )?0x[0-9a-f]{16}$/.test(text)
  const further = (joined: Joined<Hit>): boolean => {
    if (open === undefined) return false
    if (isWord(joined.text) && open.entry.forms.some(([, text]) => text.includes('received:'))) {
      const count = Object.keys(open.fields).filter((name) => name.startsWith('word')).length
      if (count < 4) open.fields[`word${count}`] = joined.text.slice(-16)
      return true
    }
    const found = joined.found
    if (found === undefined || !found.of.more || found.of.entry !== open.entry) return false
    const known = open.fields
    if (Object.keys(found.fields).some((name) => Object.hasOwn(known, name) && name !== 'same')) return false
    Object.assign(open.fields, found.fields)
    return true
  }
  /** What is not understood. */
  const other = ({ record, text }: Joined<Hit>): void => {
    const subsystem = subsystemOf(text)
    const isProgram = subsystem !== undefined && FROM_USER_SPACE.test(text)
    report.miss(record, text, isProgram ? 'a program, not the kernel' : subsystem)
  }
  /** A driver's own words say less than any template. */
  const ofPhrase = (text: string): Hit | undefined => {
    const id = phraseOf(text)
    const entry = id === undefined || FROM_USER_SPACE.test(text) ? undefined : ENTRIES.find((one) => one.id === id)
    return entry && { start: 0, end: text.length, fields: {}, weight: 1, of: { entry, more: false, phrase: true } }
  }
  const window = createWindow<Group<Of>, Hit>(
    {
      groupsOf: (text) => matcher.groupsOf(text),
      find: (text, groups, above) => {
        const found =
          matcher.match(text, groups, above) ??
          (above < 1 && groups.some(({ isMark }) => isMark) ? ofPhrase(text) : undefined)
        return found === undefined ? undefined : { start: found.start, end: found.end, weight: found.weight, of: found }
      },
    },
    (joined) => {
      if (further(joined)) return
      if (open !== undefined && (open.left -= 1) < 0) close()
      const found = joined.found
      if (found === undefined || found.of.phrase === true) {
        if (splats.line(joined.text, joined.record.begins)) return
        if (found === undefined) other(joined)
        else
          report.add(found.of.entry, {
            ...senderOf(joined.text),
            fields: fieldsOf({}),
            trace: [],
            record: joined.record,
            text: joined.text,
          })
        return
      }
      close()
      if (found.of.entry.splat === true) {
        splats.open(found.of.entry, fieldsOf(found.fields), joined.record, joined.text)
        return
      }
      splats.message()
      splats.line(joined.text, joined.record.begins)
      open = { entry: found.of.entry, joined, fields: { ...found.fields }, lines: 1, left: FURTHER }
    },
  )
  const unquoted = createUnquoted((raw, number) => {
    const text = cleanLine(raw)
    onLine?.(text, number)
    window.push(text, number)
  })
  const lines = createLines((raw, number) => unquoted.line(raw, number))
  const bytes = createTextOfBytes()
  let anyBytes = false
  return {
    push: (chunk) => {
      anyBytes ||= typeof chunk !== 'string'
      lines.push(typeof chunk === 'string' ? chunk : bytes.text(chunk))
    },
    end: () => {
      if (anyBytes) lines.push(bytes.end())
      const count = lines.end()
      unquoted.end()
      window.end()
      close()
      splats.end()
      return report.end(count)
    },
  }
}
