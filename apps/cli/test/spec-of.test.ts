// Flags to a spec, and a spec to the command that repeats it: the way there and back is the same spec.
import { ASSUME_WORDS, type RunSpec } from '@dmalab/api'
import { FOUNDING_LINE, foundingLine, openRegistry } from '@dmalab/lab'
import { commandOf } from '@dmalab/report'
import { Parser } from '@oclif/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import Compare from '../src/commands/compare.ts'
import Run from '../src/commands/run.ts'
import { specOf } from '../src/spec-of.ts'

const registry = openRegistry()
/** What the word stands for on a board. */
const linesOf = (board: string) => ({ founding: foundingLine(registry.boards.get(board)) })

/** A POSIX shell's words, of what commandOf writes: plain words, and single quotes with '\'' between. */
const shellWords = (command: string): string[] =>
  [...command.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g)].map(([word]) =>
    word.replaceAll(
      /'([^']*)'|\\(')/g,
      (_all, quoted: string | undefined, single: string | undefined) => quoted ?? single ?? '',
    ),
  )

const specOfCommand = async (command: string): Promise<RunSpec> => {
  const [, verb, ...argv] = shellWords(command)
  const compare = verb === 'compare'
  const given = { context: { config: {} }, strict: true, '--': true } as const
  const { args, flags } = compare
    ? await Parser.parse(argv, { ...given, args: Compare.args, flags: Compare.flags } as never)
    : await Parser.parse(argv, { ...given, args: Run.args, flags: Run.flags } as never)
  const words = flags as unknown as Parameters<typeof specOf>[0] & { readonly kernel: string | readonly string[] }
  const { scenario } = args as { readonly scenario: string }
  return specOf({ ...words, scenario, kernels: [words.kernel ?? []].flat(), compare }, registry)
}

const text = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme-ascii' }).filter((one) => one.trim() === one)
const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/)
/** A word that is a release alone would get the architecture of the board before it. */
const kernel = name.filter((one) => !/^v\d/.test(one))
const spec: fc.Arbitrary<RunSpec> = fc.record({
  version: fc.constant(1),
  board: fc.constantFrom(...registry.boards.names()),
  kernels: fc.array(kernel, { minLength: 1, maxLength: 3 }),
  config: fc.array(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,9}(=[a-z0-9]{1,4})?$/), { maxLength: 2 }),
  cmdline: fc.option(text),
  // A folder is no line.
  work: fc.record({
    line: fc.oneof(
      text.filter((one) => !/^[./]+$/.test(one)),
      fc.constant(FOUNDING_LINE),
    ),
  }),
  options: fc.record({
    frames: fc.option(fc.integer({ min: 1, max: 1000 })),
    size: fc.constantFrom(null, '1920x1080', '640x480'),
    format: fc.constantFrom(null, 'NV12', 'YUY2'),
    buffers: fc.integer({ min: 1, max: 32 }),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    bind: fc.dictionary(name, name, { maxKeys: 2, noNullPrototype: true }),
    inject: fc.array(fc.stringMatching(/^[a-zA-Z]{1,8}(@[a-z.]{1,8})?:[1-9]$/), { maxLength: 2 }),
    restart: fc.option(fc.integer({ min: 1, max: 1000 })),
    adversarialCache: fc.boolean(),
    assume: fc.subarray([...ASSUME_WORDS]),
  }),
  plugins: fc.constant([]),
})

test('the command of a spec means that spec', async () => {
  await fc.assert(
    fc.asyncProperty(spec, async (one) => {
      const command = commandOf(one, { lines: linesOf(typeof one.board === 'string' ? one.board : '') })
      // What a flag cannot say lies in a file, which is read as it was written.
      if (command.includes(' --spec ')) return
      expect(await specOfCommand(command)).toEqual(one)
    }),
    { numRuns: 200 },
  )
})

test('the founding case has a short name, there and back', async () => {
  const one = await specOfCommand('dmalab run founding')
  const command = commandOf(one, { lines: linesOf(typeof one.board === 'string' ? one.board : '') })
  expect(command).toBe('dmalab run founding --board odroid-xu4-2017 --kernel arm@4.11')
  expect(await specOfCommand(command)).toEqual(one)
})
