// Texts in lines of a terminal.
import { expect, it } from 'vitest'
import { foldText } from '../src/index.ts'

const words = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ')

it('long lines are folded, and what follows stands in', () => {
  const lines = foldText(`  ${words}`, 60).split('\n')
  expect(lines.every((line) => line.length <= 60)).toBe(true)
  expect(lines[1]).toMatch(/^ {6}word/)
  expect(foldText(words, 400)).toBe(words)
})

it.each(['', '\u001B[2m'])(
  'paragraphs go on below themselves, and items below their text, in any colour (%j)',
  (colour) => {
    const lines = foldText(`${colour}  - ${words}`, 60, 0).split('\n')
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}word/)
    for (const line of foldText(words, 60, 0).split('\n')) expect(line).toMatch(/^word/)
  },
)

it('commands to copy, tables, carets and lines of a kernel stay as they are', () => {
  for (const line of [
    `  dmalab run '${words}'`,
    `    printf '%s' '${words}' | dmalab diagnose -`,
    `or accept what is assumed: dmalab run '${words}'`,
    `│ ${words} │`,
    `1 | ${words}`,
    `          ${words}`,
  ])
    expect(foldText(line, 60)).toBe(line)
})
