// Messages that people post, collected in the field: each in every form that a log is pasted in.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VARIANTS } from './variants.ts'
import { read } from './read.ts'

const MESSAGES = join(import.meta.dirname, '../../../../shared/field/messages')
const there = existsSync(MESSAGES)
/** Name, and what a right answer says; the manifest is not a message. */
const rows = !there
  ? []
  : readFileSync(join(MESSAGES, 'manifest.tsv'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([name = '', group = '', , , says = '']) => ({ name, group, says: new RegExp(says, 'i') }))

describe.skipIf(!there)('messages of the field (../shared/field/messages)', () => {
  it('all are in the manifest', () => {
    expect(readdirSync(MESSAGES).filter((name) => name.endsWith('.txt')).length).toBe(rows.length)
  })
  it.each(VARIANTS)('all are recognised, with the right cause: $name', ({ as, raw }) => {
    const wrong = rows.flatMap(({ name, group, says }) => {
      const text = readFileSync(join(MESSAGES, `${name}.txt`), 'utf8')
      // What a program prints has no prefix of the kernel.
      const log = group === 'user' && raw !== true ? text : as(text)
      const { messages, notUnderstood } = read(log)
      const answer = messages.map(({ cause, fixes, next }) => [cause, next, ...fixes].join(' ')).join('\n')
      return says.test(answer) && notUnderstood.length === 0
        ? []
        : [
            {
              name,
              log: typeof log === 'string' ? log : '(bytes)',
              causes: messages.map(({ id, cause }) => `${id}: ${cause}`),
              notUnderstood: notUnderstood.map((one) => one.text),
            },
          ]
    })
    expect(wrong).toEqual([])
  })
})
