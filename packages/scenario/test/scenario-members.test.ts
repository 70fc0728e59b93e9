// What a scenario file says beside its steps or its line: each member comes through, and what is not there stays away.
import { describe, expect, it } from 'vitest'
import { checkScenario, readScenario } from '../src/index.ts'

const MEANT = {
  title: 'a title',
  board: 'odroid-xu4-2017',
  kernel: 'arm@4.11',
  cmdline: 'cma=64M',
  config: ['ARM_LPAE=y'],
  inject: ['alloc@codec:2'],
  seed: 7,
  adversarialCache: true,
} as const
const STEPS = { name: 'x', steps: [{ do: 'alloc', buffer: 'a', from: 'pages', size: 4096 }] }
const LINE = { name: 'x', pipeline: 'v4l2src ! kmssink' }
const keys = (value: object): readonly string[] => Object.keys(value).toSorted()

const COMMON = ['title', 'board', 'kernel', 'cmdline', 'config', 'inject']
describe.each([
  ['steps', STEPS, ['kind', 'name', 'steps'], [...COMMON, 'seed', 'adversarialCache']],
  ['a line', LINE, ['bind', 'kind', 'name', 'pipeline'], COMMON],
])('a file of %s', (_, base, bare, members) => {
  it('alone has nothing else', () => {
    expect(keys(checkScenario(base, 's.yaml'))).toEqual(bare)
  })

  it.each(members)('has its %s', (member) => {
    const read = checkScenario({ ...base, [member]: MEANT[member as keyof typeof MEANT] }, 's.yaml')
    expect(keys(read)).toEqual([...bare, member].toSorted())
  })

  it('says the same as text', () => {
    const whole = { ...base, title: 'a title', board: 'odroid-xu4-2017' }
    expect(readScenario(JSON.stringify(whole), 's.yaml')).toEqual(checkScenario(whole, 's.yaml'))
  })
})

it.each([
  [{ verdict: 'works' }],
  [{ errno: 'EIO' }],
  [{ finding: 'wrong-bytes' }],
  [{ verdict: 'works', finding: 'wrong-bytes' }],
])('a line expects %j', (expected) => {
  const read = checkScenario({ ...LINE, expect: expected }, 's.yaml')
  expect(read.kind === 'pipeline-file' ? read.expect : undefined).toEqual(expected)
})

it('a line that is refused says where in the file, and where in the line', () => {
  expect(() => readScenario('name: x\npipeline: "v4l2src !"\n', 's.yaml')).toThrow(
    expect.objectContaining({
      place: expect.objectContaining({ file: 's.yaml', line: 2, column: 11, path: 'pipeline' }),
    }),
  )
  const read = readScenario('name: x\npipeline: v4l2src ! kmssink\nbind: { kmssink: display }\n', 's.yaml')
  expect(read.kind === 'pipeline-file' ? read.bind : undefined).toEqual({ kmssink: 'display' })
})
