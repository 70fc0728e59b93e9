// What a log is, by its first bytes: text that the reader takes as it is, text in another form, or something that is no text at all.
import { hashOf, findName, newPlace, splitHead, splitOtherForms } from '../read/frame.ts'
import { latin1 } from '../read/latin1.ts'
import { looseLine } from './loose-line.ts'
import { plainLine } from './plain-line.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** UTF-16 as PowerShell and Windows editors write it. */
export const encodingOf = ([first, second, third, fourth]: Uint8Array): Encoding => {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return 'utf-16le'
  return first === 0 && second !== 0 && third === 0 && fourth !== 0 ? 'utf-16be' : 'utf-8'
}

/** `clean`: lines as the kernel and trace-cmd print them, or nothing that another reading helps; `mixed`: such lines and others; `other`: none. */
export type Shape = 'clean' | 'mixed' | 'other'

const NAME = 16
/** Lines of the head that decide. */
const LINES = 400

/** Of whole lines of UTF-8. */
export const shapeOf = (head: Uint8Array): Shape => {
  let clean = 0
  let other = 0
  let odd = 0
  let start = 0
  for (let count = 0; count < LINES && start < head.length; count += 1) {
    const newline = head.indexOf(10, start)
    const end = newline < 0 ? head.length : newline
    const line = latin1(head, start, head[end - 1] === 13 ? end - 1 : end)
    if (isClean(head, start, end, line)) clean += 1
    else if (!isNeutral(line)) {
      other += 1
      if (looseLine(plainLine(line.slice(0, FRAME))) !== undefined || LOG.test(line.slice(0, FRAME))) odd += 1
    }
    start = end + 1
  }
  if (other === 0 || (clean === 0 && odd === 0)) return 'clean'
  return clean > 0 ? 'mixed' : 'other'
}

/** A kernel log, which may hold a dump of the trace, and a page of systrace. */
const LOG = /^\W*(?:<\d{1,3}>)?\[\s*\d{1,10}\.\d{3,9}\]|\bkernel: |Dumping ftrace buffer|^\s*<(?:!doctype|html)/i
/** Frames end before this column. */
const FRAME = 512

/** Headers, blanks, stacks, gaps. */
const isNeutral = (line: string): boolean =>
  line.trim() === '' ||
  line.startsWith('#') ||
  line.startsWith(' =>') ||
  /^cpus=\d|^version = \d|^\s*CPU:\d+ \[/.test(line)

const isClean = (head: Uint8Array, start: number, end: number, line: string): boolean => {
  const place = newPlace()
  if (!findName(head, start, end, place))
    return splitOtherForms(line.slice(0, FRAME)) !== undefined || /^.{16}-\d+ .*\[\d+\].*: /.test(line.slice(0, FRAME))
  // The kernel prints a task's name in 16 columns.
  if (line[NAME] !== '-') return false
  const frame = splitHead(line, place.cpu - start, place.start - start - 2)
  // perf and instances put a system before the name: the name that was found is none of an event.
  return (
    frame !== undefined &&
    !isSystem(line, place.end - start, hashOf(line.slice(place.start - start, place.end - start)))
  )
}

const isSystem = (line: string, end: number, hash: number): boolean =>
  line[end + 1] !== ' ' && hash !== 0 && looseLine(plainLine(line)) !== undefined
