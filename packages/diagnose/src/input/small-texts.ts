// Texts of a few kilobytes that are read whole: configuration, command line, figures, masks, IOMMU groups, pipelines.
import { isPcIomem } from '@dmalab/machine'
import type { Content, Place } from './content.ts'
import { bankOf, placeOf } from './log-facts.ts'
import { KEPT } from './limits.ts'

type Of<Kind extends Content['kind']> = Extract<Content, { readonly kind: Kind }>

const lines = (text: string): readonly Place[] =>
  text.split('\n').map((line, index) => ({ line: index + 1, text: line.replace(/\r$/, '') }))

/** `CONFIG_X=y`, `# CONFIG_X is not set`. */
export const readConfig = (file: string, text: string): Of<'config'> => {
  const values = new Map<string, Place & { readonly value: string }>()
  for (const { text: line, line: at } of lines(text)) {
    const [, off, on, value = ''] = /^(?:# CONFIG_(\w+) is not set|CONFIG_(\w+)=(.*))$/.exec(line.trim()) ?? []
    if (off !== undefined) values.set(off, { ...placeOf(line, at), value: 'n' })
    if (on !== undefined) values.set(on, { ...placeOf(line, at), value: value.replace(/^"(.*)"$/, '$1') })
  }
  return { file, kind: 'config', values }
}

/** /proc/meminfo, and files of sysfs and debugfs as the recording script puts them together. */
export const readFigures = (file: string, text: string): Of<'figures'> => {
  const bytes = new Map<string, Place & { readonly value: number }>()
  for (const { text: line, line: at } of lines(text)) {
    const [, name, kib] = /^(\w+(?:\(\w+\))?): +(\d{1,15}) kB$/.exec(line) ?? []
    if (name !== undefined && kib !== undefined) bytes.set(name, { ...placeOf(line, at), value: Number(kib) * 1024 })
  }
  // Without root, all addresses are zero.
  const memory = lines(text).flatMap(({ text: line }) => {
    const [, from, to] = /^([0-9a-f]{8,16})-([0-9a-f]{8,16}) : System RAM$/.exec(line) ?? []
    return from === undefined || to === undefined || /^0*$/.test(to) ? [] : [bankOf(from, to)]
  })
  return { file, kind: 'figures', bytes, memory: memory.slice(0, KEPT), iomem: isPcIomem(text) ? text : undefined }
}

export const readMasks = (file: string, text: string): Of<'masks'> => {
  const masks = new Map<string, Place & { readonly bits: number }>()
  for (const { text: line, line: at } of lines(text)) {
    const [, device, bits] = /^\w+ (\S+) driver=\S* dma_mask_bits=(\d{1,2})\b/.exec(line) ?? []
    if (device !== undefined && bits !== undefined) masks.set(device, { ...placeOf(line, at), bits: Number(bits) })
  }
  return { file, kind: 'masks', masks, text }
}

export const readGroups = (file: string, text: string): Of<'groups'> => {
  const groups = new Map<string, Place & { readonly type: string }>()
  let type = ''
  for (const { text: line, line: at } of lines(text)) {
    type = /^group \d+ type (\S+)/.exec(line)?.[1] ?? type
    const device = /^ {2}device (\S+)/.exec(line)?.[1]
    if (device !== undefined) groups.set(device, { ...placeOf(line, at), type })
  }
  return { file, kind: 'groups', groups }
}

/** What the recording script could not collect. */
export const readContents = (file: string, text: string): Of<'contents'> => ({
  file,
  kind: 'contents',
  missing: lines(text).filter((place) => / missing: /.test(place.text)),
  redacted: /^redacted:/m.test(text),
})

/** Every pipeline of a text, with lines that end in a backslash joined; `text` alone where none names the launcher. */
export const readPipelines = (file: string, text: string): readonly Of<'line'>[] => {
  const found: Of<'line'>[] = []
  let open: { line: string; at: number } | undefined
  for (const { text: line, line: at } of lines(text)) {
    const begins = open === undefined && (/gst-launch/.test(line) || / ! /.test(line))
    if (begins) open = { line: '', at }
    if (open === undefined) continue
    open.line += `${open.line === '' ? '' : ' '}${line.trim().replace(/\\$/, '').trimEnd()}`
    if (line.trimEnd().endsWith('\\')) continue
    if (found.length < KEPT) found.push({ file, kind: 'line', ...open })
    open = undefined
  }
  if (open !== undefined && found.length < KEPT) found.push({ file, kind: 'line', ...open })
  return found
}
