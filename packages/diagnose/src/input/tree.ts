// A device tree as joins need it: the board that is made of it, what lint finds, and which names its devices have in a log.
import { type InputError, isInputError, type Machine } from '@dmalab/api'
import {
  archOfDtb,
  dmaFacts,
  lintDtb,
  lintMachine,
  machineFromDtb,
  readBoard,
  readFdt,
  withOverlays,
} from '@dmalab/machine'
import type { BoardContent, Content, Stream, TreeContent } from './content.ts'

/** @throws nothing: what cannot be read is an input that was not */
export const readTree = (file: string, blob: Uint8Array, overlays: readonly string[] = []): Content => {
  try {
    const { nodes, root } = readFdt(blob, file)
    if (root.children.some((node) => node.children.some(({ name }) => name === '__overlay__')))
      return { file, kind: 'overlay', blob }
    const names = new Set(nodes.map(({ name }) => deviceName(name)))
    const { machine, why } = boardOf(file, blob)
    return {
      file,
      kind: 'tree',
      blob,
      overlays,
      machine,
      why,
      model: root.string('model') ?? undefined,
      names,
      ...factsOf(file, blob),
    }
  } catch (error) {
    return { file, kind: 'other', why: wordsOf(error, file) }
  }
}

/** Overlays among the inputs are laid over the first tree; those that do not fit are told. */
export const laidOver = (contents: readonly Content[]): readonly Content[] => {
  const overlays = contents.flatMap((one) => (one.kind === 'overlay' ? [{ file: one.file, content: one.blob }] : []))
  const tree = contents.find((one) => one.kind === 'tree')
  if (overlays.length === 0 || tree === undefined) return contents
  try {
    const names = overlays.map(({ file }) => file)
    const whole = readTree(tree.file, withOverlays(tree.blob, tree.file, overlays), names)
    return contents.map((one) => (one === tree ? whole : one))
  } catch (error) {
    const why = wordsOf(error, tree.file)
    return [...contents, { file: overlays[0]?.file ?? tree.file, kind: 'other', why }]
  }
}

/** `csi@fe801000` is `fe801000.csi`. Models: Linux v6.12 drivers/of/device.c: of_device_make_bus_id */
const deviceName = (node: string): string => {
  const at = node.indexOf('@')
  return at < 0 ? node : `${node.slice(at + 1)}.${node.slice(0, at)}`
}

const boardOf = (
  file: string,
  blob: Uint8Array,
): { readonly machine: Machine | undefined; readonly why: string | undefined } => {
  try {
    return { machine: machineFromDtb(blob, { file }), why: undefined }
  } catch (error) {
    return { machine: undefined, why: wordsOf(error, file) }
  }
}

const factsOf = (file: string, blob: Uint8Array): Pick<TreeContent, 'lint' | 'streams' | 'behind'> => {
  try {
    const arch = archOfDtb(blob, file)
    const { devices } = dmaFacts(blob, { file, arch })
    const streams: Stream[] = []
    const behind = new Map<string, string[]>()
    for (const { path, iommus = [] } of devices)
      for (const { iommu, args } of iommus) {
        if (iommu === null) continue
        const device = deviceName(path.slice(path.lastIndexOf('/') + 1))
        const name = deviceName(iommu.slice(iommu.lastIndexOf('/') + 1))
        behind.set(name, [...(behind.get(name) ?? []), device])
        if (args[0] !== undefined) streams.push({ id: Number.parseInt(args[0].slice(2), 16), device })
      }
    return { lint: lintDtb(blob, { file, arch }), streams, behind }
  } catch (error) {
    if (!isInputError(error)) throw error
    return { lint: [], streams: [], behind: new Map() }
  }
}

/** A board file. */
export const readBoardFile = (
  file: string,
  bytes: Uint8Array,
): BoardContent | Extract<Content, { readonly kind: 'other' }> => {
  try {
    const machine = readBoard(bytes, file)
    return { file, kind: 'board', text: new TextDecoder().decode(bytes), machine, lint: lintMachine(machine) }
  } catch (error) {
    return { file, kind: 'other', why: wordsOf(error, file) }
  }
}

/** The message without the file, which stands beside it. */
export const wordsOf = (error: unknown, file: string): string => {
  if (!isInputError(error)) throw error
  const { message, hint }: InputError = error
  const text = message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message
  return hint === undefined ? text : `${text}; ${hint}`
}
