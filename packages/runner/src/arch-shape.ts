// What an architecture of a plug-in states as data, checked when it is loaded.
import type { Arch, ArchCache, InputPlace } from '@dmalab/api'
import { checkRecord, COUNT, expected, type FactShape, oneOf, RECORD, YES_OR_NO } from './value-shape.ts'

const LINE_OPS: readonly unknown[] = ['clean', 'invalidate', 'flush', 'none']
const byDirection = expected(
  'four of clean, invalidate, flush, none: for BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE, NONE',
  (value) => Array.isArray(value) && value.length === 4 && value.every((op) => LINE_OPS.includes(op)),
)

const FACTS = {
  pointerBits: oneOf(32, 64),
  pfnValid: oneOf('memblock', 'pageblock', 'section'),
  dmaMinAlign: COUNT,
  snoops: oneOf('always', 'unless-told', 'when-told'),
} as const satisfies Partial<Record<keyof Arch, FactShape>>

const CACHE: Readonly<Record<keyof ArchCache, FactShape>> = {
  forDevice: byDirection,
  forCpu: byDirection,
  symbols: RECORD,
  invalidatesTwice: YES_OR_NO,
  marksClean: oneOf('nothing', 'pages', 'folios'),
}

/** @throws InputError that names the architecture, the fact, its value, and what was expected */
export const checkArch = (arch: Arch, what: string, place: InputPlace): void => {
  const { pointerBits, pfnValid, dmaMinAlign, snoops } = arch
  checkRecord({ pointerBits, pfnValid, dmaMinAlign, snoops }, FACTS, 'fact', what, place)
  checkRecord({ ...arch.cache }, CACHE, 'cache fact', what, place)
}
