// The page is current, ids are unique, and every template can match its own format.
import { expect, it } from 'vitest'
import { ENTRIES, PHRASES, TRACE_RULES } from '../src/catalogue/index.ts'
import { kernelMessages, kernelMessagesPage } from '../src/index.ts'
import { read } from './read.ts'

it('docs/kernel-messages.md is current', async () => {
  await expect(kernelMessagesPage()).toMatchFileSnapshot('../../../docs/kernel-messages.md')
})

it('an id stands for one kind of message', () => {
  const ids = kernelMessages().map(({ id }) => id)
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
})

it('rules and phrases name entries that exist', () => {
  const ids = new Set(ENTRIES.map(({ id }) => id))
  const named = [...TRACE_RULES.flatMap(({ heads, after }) => [...heads, ...after]), ...PHRASES.map(({ id }) => id)]
  expect(named.filter((id) => !ids.has(id))).toEqual([])
})

it('every problem says what to check and what helps', () => {
  const silent = kernelMessages().filter(
    ({ kind, next, fixes, code, id }) =>
      kind === 'problem' && next === null && fixes.length === 0 && code === null && id !== '',
  )
  expect(silent).toEqual([])
})

/** A value of each kind of field. */
const sample = (text: string): string =>
  text.replace(/\{(\w+):(\w+)\}/g, (_, name: string, kind: string) =>
    kind === 'dec' ? '12' : kind === 'hex' ? '0x10' : kind === 'word' ? name : `${name} x`,
  )

it.each(ENTRIES.flatMap(({ id, forms }) => forms.map(([, text]) => [id, sample(text)] as const)))(
  '%s: %s',
  (id, text) => {
    const { messages } = read(`[    1.000000] drv 1000000.dev: ${text}\n`)
    const rules = TRACE_RULES.filter(({ heads }) => heads.includes(id)).map((rule) => rule.id)
    expect([id, ...rules]).toEqual(expect.arrayContaining(messages.map((one) => one.id)))
    // A bare call trace says nothing.
    expect(messages.length).toBe(id === 'fault-trace' ? 0 : 1)
  },
)
