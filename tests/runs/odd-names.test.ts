// A name that every plain object has is a name like any other: where nothing bears it, it is unknown, and is answered so.
import { isInputError, type RunSpecOptions } from '@dmalab/api'
import { openLaboratory, run } from '@dmalab/lab/node'
import type { RunRequest } from '@dmalab/lab'
import { describe, expect, test } from 'vitest'

const laboratory = await openLaboratory()
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']

const steps = (...lines: string[]): RunRequest => ({
  work: {
    scenario: ['name: odd', 'board: odroid-xu4-nopool', 'steps:', ...lines.map((line) => `  - { ${line} }`)].join('\n'),
    file: 'odd.yaml',
  },
})
const ALLOC = 'do: alloc, buffer: b, size: 4KiB, from: pages'
const bound = (bind: RunSpecOptions['bind']): RunRequest => ({ bind })
const places: Readonly<Record<string, (name: string) => RunRequest>> = {
  board: (name) => ({ board: name }),
  kernel: (name) => ({ kernels: [name] }),
  'release of a kernel': (name) => ({ kernels: [`arm@${name}`] }),
  patch: (name) => ({ kernels: [`arm@4.11+${name}`] }),
  configuration: (name) => ({ config: [name] }),
  'configuration with a value': (name) => ({ config: [`${name}=1`] }),
  'command line': (name) => ({ cmdline: name }),
  'command line with a value': (name) => ({ cmdline: `${name}=1` }),
  element: (name) => ({ work: `videotestsrc ! ${name} ! fakesink` }),
  property: (name) => ({ work: `videotestsrc ${name}=1 ! kmssink` }),
  'value of a property': (name) => ({ work: `v4l2src io-mode=${name} ! kmssink` }),
  'element bound': (name) => bound(JSON.parse(`{"${name}":"codec"}`)),
  'device bound to': (name) => bound({ v4l2video4dec: name }),
  format: (name) => ({ format: name }),
  'format of caps': (name) => ({ work: `videotestsrc ! video/x-raw,format=${name} ! kmssink` }),
  'injected call': (name) => ({ inject: [`${name}:1`] }),
  'device of an injected call': (name) => ({ inject: [`mapSg@${name}:1`] }),
  step: (name) => steps(`do: ${name}`),
  'source of memory': (name) => steps(`do: alloc, buffer: b, size: 4KiB, from: ${name}`),
  buffer: (name) => steps(`do: free, buffer: ${name}`),
  'device of a step': (name) => steps(ALLOC, `do: map, buffer: b, device: ${name}, dir: TO_DEVICE`),
  direction: (name) => steps(ALLOC, `do: map, buffer: b, device: converter, dir: ${name}`),
  attribute: (name) => steps(ALLOC, `do: map, buffer: b, device: converter, dir: TO_DEVICE, attrs: [${name}]`),
  'expected errno': (name) => steps(ALLOC, `do: expect, errno: ${name}`),
  'expected finding': (name) => steps(ALLOC, `do: expect, finding: ${name}`),
  'key of a step': (name) => steps(`${ALLOC}, ${name}: 1`),
}

/** A name of the same letters that nothing bears, and that is no property of any object. */
const unknown = (name: string): string => (name.startsWith('_') ? '__nobody__' : 'nobody')

const toldOf = (request: RunRequest): Promise<string> =>
  run({ size: '64x32', frames: 1, ...request }, { laboratory }).then(
    ({ runs }) => `ran: ${runs.map(({ verdict, why }) => `${verdict} ${why}`).join()}`,
    (error: unknown) => {
      if (!isInputError(error)) throw error
      return `${error.message} ${error.hint}`
    },
  )

describe.each(Object.entries(places))('as %s', (place, requestOf) => {
  // A key of that name is refused before it is looked up.
  test.each(NAMES.filter((name) => place !== 'element bound' || name !== '__proto__'))(
    '%s is like any other',
    async (name) => {
      const told = await toldOf(requestOf(name))
      expect(told.replaceAll(name, unknown(name))).toBe(await toldOf(requestOf(unknown(name))))
    },
  )
})

test('a key that assignment would take for the prototype is refused where it stands', async () => {
  await expect(toldOf(bound(JSON.parse('{"__proto__":"codec"}')))).resolves.toMatch(
    /^options\.bind\.__proto__: unknown key/,
  )
})
