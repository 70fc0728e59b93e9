// What a patch of a plug-in says of attributes and scatterlists, checked when it is loaded: the loops read it without looking again.
import type { InputPlace, Patch } from '@dmalab/api'
import { BITS, checkRecord, COUNT, expected, type FactShape, listOf, oneOf, RECORD } from './value-shape.ts'

type Lists = NonNullable<Patch['sg']>
type Skip = NonNullable<NonNullable<Lists['skip']>['map']>

const LISTS: Readonly<Record<keyof Lists, FactShape>> = {
  cFields: RECORD,
  attachCopies: expected('a list of { member, only }', (value) => Array.isArray(value)),
  skip: RECORD,
}

const COPY: Readonly<Record<keyof NonNullable<Lists['attachCopies']>[number], FactShape>> = {
  member: oneOf('attrs', 'dmaAddress'),
  only: COUNT,
}

const skipShape = expected('{ bits, sets }', (value) => typeof value === 'object' && value !== null)
const SKIPS: Readonly<Record<keyof NonNullable<Lists['skip']>, FactShape>> = {
  map: skipShape,
  unmap: skipShape,
  sync: skipShape,
}

const SKIP: Readonly<Record<keyof Skip, FactShape>> = { bits: COUNT, sets: listOf('dmaLength') }

/** @throws InputError that names the patch, the member, and what was expected */
export const checkPatchValues = ({ attrs, sg }: Patch, what: string, place: InputPlace): void => {
  checkRecord({ attrs }, { attrs: BITS }, 'member', what, place)
  if (sg === undefined) return
  checkRecord({ ...sg }, LISTS, 'member of sg', what, place)
  checkRecord({ ...sg.skip }, SKIPS, 'loop in sg.skip', what, place)
  for (const copy of sg.attachCopies ?? []) checkRecord({ ...copy }, COPY, 'member of sg.attachCopies', what, place)
  const skips: Readonly<Record<string, Partial<Skip>>> = { ...sg.skip }
  for (const [loop, skip] of Object.entries(skips))
    checkRecord({ bits: null, sets: null, ...skip }, SKIP, `member of sg.skip.${loop}`, what, place)
}
