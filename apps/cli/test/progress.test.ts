// The line that says on a terminal that work goes on.
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { showWaiting } from '../src/progress.ts'

const streamOf = (isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly written: string[] } => {
  const written: string[] = []
  const stream = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream
  return { stream, written }
}
const CLEAR = '\r\u001B[2K'

test('it comes after a second, is taken away before anything is printed, and at the end', async () => {
  const { stream, written } = streamOf(true)
  const waiting = showWaiting('trace check', stream, 2)
  waiting.clear()
  expect(written).toEqual([])
  while (written.length < 3) await setTimeout(2)
  expect(written.slice(0, 3)).toEqual(['trace check: 1 s', CLEAR, 'trace check: 2 s'])
  waiting.clear()
  waiting.clear()
  expect(written.at(-1)).toBe(CLEAR)
  waiting.end()
  const { length } = written
  await setTimeout(10)
  expect(written).toHaveLength(length)
})

test('a pipe gets none', async () => {
  const { stream, written } = streamOf(false)
  showWaiting('trace check', stream, 1)
  await setTimeout(5)
  expect(written).toEqual([])
})
