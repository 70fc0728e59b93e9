// All inputs together: one board, one kernel, one command line, and where inputs are not of one machine.
import {
  type ArchName,
  type CaseFact,
  type Contradiction,
  type Evidence,
  type Machine,
  runsKernelsOf,
} from '@dmalab/api'
import type { BoardContent, Content, LogContent, Place, ReadTrace, TreeContent } from '../input/content.ts'

type Of<Kind extends Content['kind']> = Extract<Content, { readonly kind: Kind }>

interface Stated<T> {
  readonly value: T
  readonly evidence: Evidence
}

export interface Case {
  readonly contents: readonly Content[]
  readonly logs: readonly LogContent[]
  readonly traces: readonly (ReadTrace & { readonly file: string })[]
  /** Boards that a machine could be made of; the first counts. */
  readonly board: (BoardContent & { readonly machine: Machine }) | undefined
  readonly tree: TreeContent | undefined
  readonly release: Stated<string> | undefined
  readonly arch: Stated<ArchName> | undefined
  readonly cmdline: Stated<string> | undefined
  readonly config: Of<'config'> | undefined
  readonly figures: readonly Of<'figures'>[]
  readonly masks: readonly Of<'masks'>[]
  readonly groups: readonly Of<'groups'>[]
  /** Bytes of CMA. */
  readonly cma: Stated<number> | undefined
  readonly contradictions: readonly Contradiction[]
  readonly facts: readonly CaseFact[]
}

export const at = (file: string, { line, text }: Place): Evidence => ({ file, line, text })

export const gather = (contents: readonly Content[]): Case => {
  const of = <Kind extends Content['kind']>(kind: Kind): readonly Of<Kind>[] =>
    contents.filter((one): one is Of<Kind> => one.kind === kind)
  const logs = of('log')
  const traces = [
    ...of('trace'),
    ...logs.flatMap(({ file, trace }) => (trace === undefined ? [] : [{ file, ...trace }])),
  ]
  const trees = of('tree')
  const boards = [...trees, ...of('board')]
  const board = boards.find((one): one is BoardContent & { readonly machine: Machine } => one.machine !== undefined)
  const tree = trees[0]
  const releases = [
    ...logs.flatMap(({ file, facts }) => stated(file, facts.release)),
    ...traces.flatMap(({ file, facts }) => stated(file, facts.release)),
  ]
  const arches = logs.flatMap(({ file, facts }) => stated(file, facts.arch))
  const cmdlines = [
    ...of('cmdline').map(({ file, text }) => ({ value: text, evidence: { file, line: 1, text: text.slice(0, 200) } })),
    ...logs.flatMap(({ file, facts }) => stated(file, facts.cmdline)),
  ]
  const figures = of('figures')
  const cma = [
    ...figures.flatMap(({ file, bytes }) => stated(file, bytes.get('CmaTotal'))),
    ...logs.flatMap(({ file, facts }) => stated(file, facts.cma)),
  ]
  const contradictions = [
    ...oneOf('kernel', releases),
    ...modelsDiffer(logs, trees),
    ...archDiffers(logs, board),
    ...devicesUnknown(logs, traces, tree),
  ]
  return {
    contents,
    logs,
    traces,
    board,
    tree,
    release: releases[0],
    arch: arches[0],
    cmdline: cmdlines[0],
    config: of('config')[0],
    figures,
    masks: of('masks'),
    groups: of('groups'),
    cma: cma[0],
    contradictions,
    facts: factsOf({ board, tree, release: releases[0], arch: arches[0], cmdline: cmdlines[0], cma: cma[0] }),
  }
}

const stated = <T>(file: string, place: (Place & { readonly value: T }) | undefined): readonly Stated<T>[] =>
  place === undefined ? [] : [{ value: place.value, evidence: at(file, place) }]

const oneOf = (what: string, all: readonly Stated<string>[]): readonly Contradiction[] => {
  const [first] = all
  const other = all.find(({ value }) => value !== first?.value)
  if (first === undefined || other === undefined) return []
  return [
    {
      what: `two ${what}s: ${first.value} and ${other.value}; what follows takes the first`,
      evidence: [first.evidence, other.evidence],
    },
  ]
}

/** `Raspberry Pi 4 Model B Rev 1.4` and `Raspberry Pi 4 Model B` are one; a log may add `(DT)`. */
const plain = (model: string): string => model.toLowerCase().replace(/\(dt\)|rev(?:ision)? ?[\d.]+|[^a-z0-9]+/g, '')

const modelsDiffer = (logs: readonly LogContent[], trees: readonly TreeContent[]): readonly Contradiction[] =>
  logs.flatMap(({ file, facts: { model } }) =>
    trees.flatMap((tree) => {
      if (model === undefined || tree.model === undefined) return []
      const [log, blob] = [plain(model.value), plain(tree.model)]
      if (log.includes(blob) || blob.includes(log)) return []
      return [
        {
          what: `the log is of another board than the tree: ${model.value}, not ${tree.model}`,
          evidence: [at(file, model), { file: tree.file, line: null, text: `model = "${tree.model}"` }],
        },
      ]
    }),
  )

const archDiffers = (
  logs: readonly LogContent[],
  board: (BoardContent & { readonly machine: Machine }) | undefined,
): readonly Contradiction[] =>
  logs.flatMap(({ file, facts: { arch } }) =>
    board === undefined || arch === undefined || runsKernelsOf(board.machine.arch, arch.value)
      ? []
      : [
          {
            what: `the log is of ${arch.value}, the board is ${board.machine.arch}`,
            evidence: [at(file, arch), { file: board.file, line: null, text: `arch: ${board.machine.arch}` }],
          },
        ],
  )

/** Why logs are not of a board that was named beside them; undefined: nothing says so. */
export const otherBoard = (logs: readonly LogContent[], machine: Machine): string | undefined => {
  for (const { file, facts } of logs) {
    if (facts.arch !== undefined && !runsKernelsOf(machine.arch, facts.arch.value))
      return `${machine.name} is ${machine.arch}, and ${file} is of ${facts.arch.value}`
    const addresses = [...facts.devices.keys()].flatMap((name) => /^[0-9a-f]{5,12}\./.exec(name) ?? [])
    const known = [...machine.devices, ...(machine.disabled ?? [])].some(({ name }) =>
      addresses.some((address) => name.includes(address)),
    )
    if (addresses.length > 0 && !known)
      return `${machine.name} has none of the devices that ${file} names, such as ${[...facts.devices.keys()][0] ?? ''}`
  }
  return undefined
}

/** Devices that are named by their address are nodes of the tree; where none of several is, the inputs are of two boards. */
const devicesUnknown = (
  logs: readonly LogContent[],
  traces: readonly (ReadTrace & { readonly file: string })[],
  tree: TreeContent | undefined,
): readonly Contradiction[] => {
  if (tree === undefined) return []
  const named = [
    ...logs.map(({ file, facts }) => ({ file, what: 'log', devices: [...facts.devices] })),
    ...traces.map(({ file, facts }) => ({
      file,
      what: 'trace',
      devices: [...facts.devices].map(([name, { line }]) => [name, { line, text: name }] as const),
    })),
  ]
  return named.flatMap(({ file, what, devices }) => {
    const byAddress = devices.filter(([name]) => /^[0-9a-f]{5,12}\./.test(name))
    const known = byAddress.filter(([name]) => isOf(tree, name))
    const [first] = byAddress
    if (first === undefined || known.length > 0) return []
    const names = byAddress.slice(0, 3).map(([name]) => name)
    return [
      {
        what: `the ${what} names ${names.join(', ')}, and the tree has no such device: it is of another board, or of another tree`,
        evidence: [at(file, first[1]), { file: tree.file, line: null, text: `model = "${tree.model ?? 'none'}"` }],
      },
    ]
  })
}

/** A driver may add a number to the name of its device (`fe801000.csi1`), or name it by something else than its node. */
const isOf = (tree: TreeContent, name: string): boolean => {
  const address = name.slice(0, name.indexOf('.') + 1)
  return tree.names.has(name) || [...tree.names.keys()].some((one) => one.startsWith(address))
}

/** A 32-bit kernel on a 64-bit board is modelled as what it is. */
const smaller = (arch: Case['arch'], board: Case['board']): string =>
  arch === undefined || board === undefined || arch.value === board.machine.arch
    ? ''
    : `, a kernel of ${arch.value} on a board of ${board.machine.arch}`

const factsOf = ({
  board,
  tree,
  release,
  arch,
  cmdline,
  cma,
}: Pick<Case, 'board' | 'tree' | 'release' | 'arch' | 'cmdline' | 'cma'>): readonly CaseFact[] => [
  ...(board === undefined
    ? []
    : [
        {
          what: 'board' as const,
          text: `${tree?.model ?? board.machine.title} (${board.machine.arch})`,
          evidence: { file: board.file, line: null, text: board.machine.name },
        },
      ]),
  ...(release === undefined
    ? []
    : [{ what: 'kernel' as const, text: `Linux ${release.value}${smaller(arch, board)}`, evidence: release.evidence }]),
  ...(cmdline === undefined
    ? []
    : [{ what: 'command line' as const, text: cmdline.value, evidence: cmdline.evidence }]),
  ...(cma === undefined
    ? []
    : [{ what: 'CMA' as const, text: `${Math.round(cma.value / 2 ** 20)} MiB`, evidence: cma.evidence }]),
]
