// A device tree as joins need it: the board that is made of it, what lint finds, and which names its devices have in a log.
import { type InputError, isInputError, type Machine } from '@dmalab/api'
import {
  archOfDtb,
  dmaFacts,
  kernelDeviceName,
  lintDtb,
  lintMachine,
  machineFromDtb,
  parseMemory,
  readBoard,
  readFdt,
  withOverlays,
} from '@dmalab/machine'
import type { BoardContent, Content, Stream, TreeContent } from './content.ts'

/** @throws nothing: what cannot be read is an input that was not */
export const readTree = (
  file: string,
  blob: Uint8Array,
  overlays: readonly string[] = [],
  memory: readonly string[] = [],
): Content => {
  try {
    const { nodes, root } = readFdt(blob, file)
    if (root.children.some((node) => node.children.some(({ name }) => name === '__overlay__')))
      return { file, kind: 'overlay', blob }
    const names = new Map(nodes.map((node) => [kernelDeviceName(node), node.path]))
    const { machine, why } = boardOf(file, blob, memory)
    return {
      file,
      kind: 'tree',
      blob,
      overlays,
      memory,
      machine,
      why,
      model: root.string('model') ?? undefined,
      names,
      ...factsOf(file, blob, names),
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

/** Boot loaders fill in the memory of many trees: of a tree from a kernel build it is taken from what the running kernel said. */
export const withMemory = (contents: readonly Content[], asked: readonly string[]): readonly Content[] => {
  const said = contents.flatMap((one) => (one.kind === 'figures' || one.kind === 'log' ? [memoryOf(one)] : []))
  const memory = asked.length > 0 ? asked : (said.find((banks) => banks.length > 0) ?? [])
  if (memory.length === 0) return contents
  return contents.map((one) =>
    one.kind === 'tree' && one.machine === undefined ? readTree(one.file, one.blob, one.overlays, memory) : one,
  )
}

const memoryOf = (one: Extract<Content, { readonly kind: 'figures' | 'log' }>): readonly string[] =>
  one.kind === 'log' ? one.facts.memory : one.memory

const boardOf = (
  file: string,
  blob: Uint8Array,
  memory: readonly string[],
): { readonly machine: Machine | undefined; readonly why: string | undefined } => {
  try {
    return { machine: machineFromDtb(blob, { file, ...parseMemory(memory) }), why: undefined }
  } catch (error) {
    return { machine: undefined, why: wordsOf(error, file) }
  }
}

const factsOf = (
  file: string,
  blob: Uint8Array,
  names: ReadonlyMap<string, string>,
): Pick<TreeContent, 'lint' | 'streams' | 'behind'> => {
  try {
    const arch = archOfDtb(blob, file)
    const { devices } = dmaFacts(blob, { file, arch })
    const nameOf = new Map([...names].map(([name, path]) => [path, name]))
    const streams: Stream[] = []
    const behind = new Map<string, string[]>()
    for (const { path, iommus = [] } of devices)
      for (const { iommu, args } of iommus) {
        if (iommu === null) continue
        const device = nameOf.get(path) ?? path
        const name = nameOf.get(iommu) ?? iommu
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
