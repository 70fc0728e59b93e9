// The names that dmalab knows, by the place where they stand: boards, kernels with patches, elements, devices, codes.
import {
  explainedCodes,
  FAMILIAR_ELEMENTS,
  FOUNDING_LINE,
  kernelMessages,
  listKernels,
  type Registry,
} from '@dmalab/lab'
import type { Candidate, ValuePlace, Values } from './candidates.ts'

const BOARD = new Set(['board'])
const KERNEL = new Set(['kernel', 'from', 'to', 'base'])
const LINE = new Set(['scenario', 'line', 'work'])
/** Flags whose values are names of files. */
const FILES =
  /^(?:plugin|spec|output|bundle|overlay|ftrace|html|journal|join|baseline|dmesg|lspci|file|files|out|tree)$/

export const valuesAt = (place: ValuePlace, registry: Registry): Values => {
  const { name, command } = place
  if (BOARD.has(name)) return { candidates: boards(registry), files: true }
  if (KERNEL.has(name)) return { candidates: kernels(place.typed, registry), files: false }
  if (LINE.has(name))
    return { candidates: works(place), files: command !== 'pipeline parse' && !place.typed.includes('!') }
  if (name === 'code') return { candidates: codes(), files: false }
  if (name === 'bind') return { candidates: bindings(place, registry), files: false }
  return { candidates: [], files: FILES.test(name) }
}

const boards = (registry: Registry): readonly Candidate[] =>
  registry.boards.names().map((value) => ({ value, about: '' }))

/** Behind a +, patches for that kernel. */
const kernels = (typed: string, registry: Registry): readonly Candidate[] => {
  const { kernels: all, patches } = listKernels(registry)
  const stack = typed.lastIndexOf('+')
  if (stack < 0) return all.map(({ name, title }) => ({ value: name, about: title }))
  const [base = '', ...taken] = typed.slice(0, stack).split('+')
  const [arch] = base.split('@')
  return patches
    .filter(({ name, appliesTo }) => !taken.includes(name) && fits(appliesTo, base, arch ?? ''))
    .map(({ name, title }) => ({ value: `${typed.slice(0, stack)}+${name}`, about: title }))
}

const fits = (appliesTo: readonly string[], base: string, arch: string): boolean =>
  appliesTo.length === 0 || appliesTo.includes(base) || appliesTo.includes(arch)

/** Inside a pipeline, the element at the cursor. */
const works = ({ typed, command }: ValuePlace): readonly Candidate[] => {
  const [, lead = '', rest = ''] = /^(.*!\s*|)(.*)$/s.exec(typed) ?? []
  if (lead === '' && !/^[a-z0-9]+$/.test(rest) && rest !== '') return []
  const elements = FAMILIAR_ELEMENTS.map((element) => ({ value: `${lead}${element}`, about: '' }))
  const founding = command === 'pipeline parse' ? FOUNDING_LINE : 'founding'
  return lead === '' ? [{ value: founding, about: 'the bug report that dmalab began with' }, ...elements] : elements
}

const codes = (): readonly Candidate[] => [
  ...explainedCodes().map(({ code, title }) => ({ value: code, about: title })),
  ...kernelMessages().map(({ id }) => ({ value: id, about: 'a kernel message' })),
]

/** element=device: elements of the line that stands there, devices of the board that stands there. */
const bindings = ({ typed, before }: ValuePlace, registry: Registry): readonly Candidate[] => {
  const [element = '', device] = typed.split('=')
  if (device === undefined) {
    const line = before.find((word) => word.includes('!')) ?? ''
    const inLine = line.split('!').map((part) => part.trim().split(/\s/)[0] ?? '')
    return (line === '' ? FAMILIAR_ELEMENTS : inLine).map((value) => ({ value: `${value}=`, about: '' }))
  }
  const board = before[before.findIndex((word) => word === '--board' || word === '-b') + 1] ?? ''
  const devices = registry.boards.has(board) ? registry.boards.get(board).devices : []
  const named = devices.map(({ name, title = '' }) => ({ value: `${element}=${name}`, about: title }))
  return [...named, ...['vivid', 'vim2m', 'vkms', 'none'].map((name) => ({ value: `${element}=${name}`, about: '' }))]
}
