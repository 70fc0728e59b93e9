// A PC has no device tree: its board is made of /proc/iomem and the list of its PCI functions.
import { boardYaml, importPc, lintMachine } from '@dmalab/machine'
import type { BoardContent, Content } from './content.ts'
import { wordsOf } from './tree.ts'

/** The inputs with that board, where they hold no other. */
export const withPc = (contents: readonly Content[]): readonly Content[] => {
  if (contents.some(({ kind }) => kind === 'tree' || kind === 'board')) return contents
  const memory = contents.find((one) => one.kind === 'figures' && one.iomem !== undefined)
  if (memory?.kind !== 'figures' || memory.iomem === undefined) return contents
  return [...contents, boardOf({ text: memory.iomem, file: memory.file }, contents)]
}

const boardOf = (
  iomem: { readonly text: string; readonly file: string },
  contents: readonly Content[],
): BoardContent | Extract<Content, { readonly kind: 'other' }> => {
  const { file } = iomem
  const masks = new Map<string, number>()
  for (const one of contents) if (one.kind === 'masks') for (const [name, { bits }] of one.masks) masks.set(name, bits)
  const functions =
    contents.find(({ kind }) => kind === 'functions') ??
    contents.find((one) => one.kind === 'masks' && /^pci .* class=0x/m.test(one.text))
  const lspci =
    functions !== undefined && 'text' in functions ? { lspci: { text: functions.text, file: functions.file } } : {}
  try {
    const sheet = importPc({ iomem, ...lspci, masks })
    return { file, kind: 'board', text: boardYaml(sheet), machine: sheet.machine, lint: lintMachine(sheet.machine) }
  } catch (error) {
    return { file, kind: 'other', why: `no board can be made of it: ${wordsOf(error, file)}` }
  }
}
