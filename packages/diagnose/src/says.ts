// One line for each input: what it was taken for.
import { bytes } from '@dmalab/api'
import type { Content } from './input/content.ts'

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

export const saysOf = (content: Content): string => {
  switch (content.kind) {
    case 'log': {
      const problems = content.report.messages.filter(({ kind }) => kind === 'problem').length
      return `${counted(content.report.lines, 'line')}, ${counted(problems, 'problem')} about DMA memory`
    }
    case 'trace': {
      const events = Object.values(content.check.read.events).reduce((sum, n) => sum + n, 0)
      return `${counted(content.check.read.lines, 'line')}, ${counted(events, 'event')}`
    }
    case 'tree':
      return `device tree of ${content.model ?? 'a board without a name'}, ${bytes(content.blob.length)}${content.overlays.length === 0 ? '' : `, with ${content.overlays.join(', ')}`}`
    case 'overlay':
      return 'overlay'
    case 'board':
      return `board file of ${content.machine.title}`
    case 'scenario':
      return 'scenario'
    case 'line':
      return `pipeline: ${content.line.slice(0, 160)}`
    case 'config':
      return counted(content.values.size, 'option')
    case 'cmdline':
      return content.text.slice(0, 160)
    case 'figures':
      return `memory figures${content.bytes.size === 0 ? '' : `, ${content.bytes.size} of them used`}`
    case 'functions':
      return 'PCI functions'
    case 'masks':
      return `DMA masks of ${counted(content.masks.size, 'device')}`
    case 'groups':
      return `IOMMU groups of ${counted(content.groups.size, 'device')}`
    case 'contents':
      return `list of contents${content.redacted ? '; without names and addresses' : ''}, ${counted(content.missing.length, 'part')} missing`
    case 'bundle':
      return `archive of ${counted(content.parts, 'file')}`
    case 'other':
      return content.why
  }
}
