// What a report says about CMA that is too small holds for the whole line: with the `cma=` that it names, the line works.
import { isInputError, type KernelRun } from '@dmalab/api'
import { shippedBoards } from '@dmalab/machine'
import { describe, expect, it } from 'vitest'
import { openLaboratory, run as runWork } from '@dmalab/lab/node'

const laboratory = await openLaboratory()
const run = async (board: string, work: string, size: string, cmdline: string): Promise<KernelRun> => {
  const { runs } = await runWork({ board, work, size, cmdline, frames: 2, assume: ['all'] }, { laboratory })
  const [one] = runs
  if (one === undefined) throw new Error('a report has runs')
  return one
}

const LINES: readonly (readonly [string, RegExp])[] = [
  ['v4l2src ! tee name=t ! queue ! kmssink t. ! queue ! v4l2h264enc ! fakesink', /^bcm2(711|837)-rpi-(4|3)/],
  ['v4l2src ! kmssink', /rpi|sabrelite|am62|imx|stm32|zynq/],
  ['filesrc location=none ! h264parse ! v4l2slh264dec ! kmssink', /rk3|imx8m/],
  ['videotestsrc ! kmssink', /./],
]
const cases = shippedBoards().flatMap(({ name, devices }) => {
  const [line] = LINES.find(([, boards]) => boards.test(name)) ?? ['']
  return devices.some(({ class: kind }) => kind === 'display') && line !== undefined ? [[name, line] as const] : []
})

const asked: string[] = []
/** What comes of the line with what its report suggests. */
const followed = async (board: string, line: string, size: string): Promise<string> => {
  const short = await run(board, line, size, 'cma=4M').catch((error: unknown) => error)
  // A board that has no such device, or a smaller largest picture, refuses the line itself.
  if (isInputError(short)) return 'not for this board'
  const { why } = short as KernelRun
  if (why === null) return 'enough'
  if (/no place for|with cma=\d+M it gets as far as/.test(why)) return 'no size is enough'
  const suggested = /: try (cma=\d+M)$/.exec(why)?.[1]
  if (suggested === undefined) return why
  asked.push(board)
  const { verdict, errno } = await run(board, line, size, suggested)
  return errno === null && verdict === 'works' ? 'works' : `${suggested}: ${verdict} ${errno}`
}

describe.each(cases)('%s: %s', (board, line) => {
  it.each(['1280x720', '1920x1080', ...(/rpi|rk3399/.test(board) ? ['3840x2160'] : [])])('%s', async (size) => {
    expect(['works', 'enough', 'no size is enough', 'not for this board']).toContain(await followed(board, line, size))
  })
})

it('many of them are asked for more', () => {
  expect(new Set(asked).size).toBeGreaterThan(4)
})
