// What a plug-in returned, checked before it is used: kinds by their names, and the members that each contract demands.
// TypeScript checks the same at the author's desk; plug-ins written in plain JavaScript meet it here.
import { InputError, type InputPlace, type Plugin } from '@dmalab/api'

type Kind = Exclude<keyof Plugin, 'name'>
type Shape = 'text' | 'number' | 'function' | 'object' | 'list' | 'boolean'

interface KindShape {
  readonly one: string
  /** Members that must be there; optional ones are the contract's own business. */
  readonly members: Readonly<Record<string, Shape>>
  /** All further members, where one that is none of them would be ignored silently. */
  readonly optional?: Readonly<Record<string, Shape>>
}

const NAMED = { name: 'text', source: 'text' } as const

const PATCH_OPTIONAL: Readonly<Record<string, Shape>> = {
  appliesTo: 'list',
  ports: 'text',
  leftOut: 'list',
  conflicts: 'object',
  requires: 'object',
  attrs: 'object',
  functions: 'object',
  sg: 'object',
  exporters: 'object',
  allocators: 'object',
  exports: 'function',
  facts: 'object',
  caps: 'object',
}

/** Exhaustive: a kind that is added to the contract must say here what it needs. */
const KINDS: Readonly<Record<Kind, KindShape>> = {
  arches: {
    one: 'architecture',
    members: {
      ...NAMED,
      board: 'text',
      pointerBits: 'number',
      highmem: 'boolean',
      pfnValid: 'text',
      dmaMinAlign: 'number',
      allocatesCoherent: 'boolean',
      poolsNeedNoMap: 'boolean',
      layout: 'object',
      cache: 'object',
      oops: 'object',
      syscallPath: 'list',
      attach: 'function',
    },
  },
  kernels: {
    one: 'kernel',
    members: {
      ...NAMED,
      arch: 'text',
      title: 'text',
      facts: 'function',
      config: 'object',
      cmdline: 'object',
      idle: 'function',
      ops: 'list',
      opsFor: 'function',
    },
  },
  ops: { one: 'op table', members: { ...NAMED, caps: 'object', symbols: 'object', attach: 'function' } },
  patches: {
    one: 'patch',
    members: { ...NAMED, title: 'text', hunks: 'list' },
    optional: PATCH_OPTIONAL,
  },
  allocators: { one: 'allocator', members: { ...NAMED, caps: 'object', create: 'function' } },
  drivers: { one: 'driver', members: { ...NAMED, classes: 'list', create: 'function' } },
  boards: { one: 'board', members: { file: 'text', text: 'text' } },
  checkerRules: { one: 'checker rule', members: { ...NAMED, codes: 'list', create: 'function' } },
}

/** Capabilities are facts: each has a value, or a conformance test could not choose. */
const CAPS: Readonly<Partial<Record<Kind, Readonly<Record<string, Shape>>>>> = {
  ops: {
    pageless: 'text',
    maintainsCaches: 'boolean',
    syncTouchesPage: 'boolean',
    mergesSegments: 'boolean',
    bounces: 'boolean',
    translates: 'boolean',
  },
  allocators: { contiguous: 'boolean', userptr: 'boolean', dma: 'boolean' },
}

/** @throws InputError that names the plug-in, the kind, the thing and the member */
export const checkPlugin = (value: unknown, place: InputPlace): Plugin => {
  if (!isObject(value) || typeof value['name'] !== 'string')
    throw new InputError(
      'its default export does not return a plug-in with a name',
      place,
      "export default (api) => ({ name: 'mine', patches: [...] })",
    )
  const { name, ...rest } = value
  for (const [kind, list] of Object.entries(rest)) {
    if (!isKind(kind))
      throw new InputError(
        `plug-in ${name} brings '${kind}', which is not a kind of plug-in`,
        place,
        `kinds: ${Object.keys(KINDS).join(', ')}`,
      )
    if (!Array.isArray(list)) throw new InputError(`'${kind}' of plug-in ${name} must be an array`, place)
    for (const [i, one] of (list as readonly unknown[]).entries()) checkOne(kind, one, `${kind}[${i}]`, name, place)
  }
  return value as unknown as Plugin
}

const checkOne = (kind: Kind, one: unknown, path: string, plugin: string, place: InputPlace): void => {
  if (!isObject(one)) throw new InputError(`${path} of plug-in ${plugin} must be an object`, place)
  const { one: label, members, optional } = KINDS[kind]
  const name = typeof one['name'] === 'string' ? `${label} '${one['name']}'` : path
  checkMembers(one, members, `${name} of plug-in ${plugin}`, place)
  const given = Object.entries(optional ?? {}).filter(([member]) => one[member] !== undefined)
  checkMembers(one, Object.fromEntries(given), `${name} of plug-in ${plugin}`, place)
  const known = optional === undefined ? undefined : [...Object.keys(members), ...Object.keys(optional)]
  const unknown = Object.keys(one).find((member) => known?.includes(member) === false)
  if (unknown !== undefined)
    throw new InputError(
      `${name} of plug-in ${plugin} has '${unknown}', which is not a member of a ${label}`,
      place,
      `members: ${known?.join(', ')}`,
    )
  const caps = CAPS[kind]
  if (caps !== undefined && isObject(one['caps']))
    checkMembers(one['caps'], caps, `caps of ${name} of plug-in ${plugin}`, place)
  if (kind === 'kernels')
    for (const [i, table] of (one['ops'] as readonly unknown[]).entries())
      checkOne('ops', table, `${path}.ops[${i}]`, plugin, place)
}

const checkMembers = (
  value: Readonly<Record<string, unknown>>,
  members: Readonly<Record<string, Shape>>,
  what: string,
  place: InputPlace,
): void => {
  for (const [member, shape] of Object.entries(members)) {
    if (FITS[shape](value[member])) continue
    const problem = value[member] === undefined ? `lacks '${member}'` : `has a wrong '${member}'`
    throw new InputError(`${what} ${problem}`, place, `'${member}' is a ${shape}; docs/plugin-api.md has the contract`)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isKind = (key: string): key is Kind => Object.hasOwn(KINDS, key)

const FITS: Readonly<Record<Shape, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  function: (value) => typeof value === 'function',
  object: isObject,
  list: Array.isArray,
  boolean: (value) => typeof value === 'boolean',
}
