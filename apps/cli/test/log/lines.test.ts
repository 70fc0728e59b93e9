// Lines of a log, however the chunks fall and however long a line is.
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { linesOf } from '../../src/log/lines.ts'

const lines = async (...chunks: string[]): Promise<string[]> => {
  const all: string[] = []
  for await (const line of linesOf(Readable.from(chunks))) all.push(line)
  return all
}

it('are the same however the text is cut into chunks', async () => {
  const piece = fc.constantFrom('a', 'bc', '\n', '\r\n', '')
  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      const text = pieces.join('')
      const whole = text.split(/\r?\n/)
      if (whole.at(-1) === '') whole.pop()
      expect(await lines(...pieces)).toEqual(whole)
      expect(await lines(text)).toEqual(whole)
    }),
  )
})

it('are cut after 64 Ki characters, and the next one is whole again', async () => {
  const long = 'x'.repeat(50_000)
  const [first, second, ...rest] = await lines(long, long, long, '\nnext\n', `${long}${long}`)
  expect([first?.length, second, rest.map((line) => line.length)]).toEqual([65_536, 'next', [65_536]])
})
