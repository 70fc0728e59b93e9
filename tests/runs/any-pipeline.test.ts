// Whatever line, board and binding: a run ends in a report, or the input is refused. Never anything else.
import { isInputError } from '@dmalab/api'
import { shippedBoards } from '@dmalab/machine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLaboratory, run } from '@dmalab/lab/node'

const laboratory = await openLaboratory()
const machines = shippedBoards()

const mode = (property: string) =>
  fc.constantFrom('auto', 'rw', 'mmap', 'userptr', 'dmabuf', 'dmabuf-import').map((value) => ` ${property}=${value}`)
const source = fc.oneof(
  mode('capture-io-mode').map((io) => `filesrc location=x ! h264parse ! v4l2h264dec${io}`),
  mode('io-mode').map((io) => `v4l2src${io}`),
  fc.constant('videotestsrc'),
)
const between = fc.oneof(
  fc.constantFrom('queue', 'queue max-size-buffers=3', 'videoconvert', 'identity', 'mystery'),
  fc.tuple(mode('output-io-mode'), mode('capture-io-mode')).map((io) => `v4l2convert${io.join('')}`),
  mode('output-io-mode').map((io) => `v4l2h264enc${io}`),
)
const sink = fc.oneof(
  fc.constantFrom('kmssink', 'waylandsink', 'fakesink', 'filesink location=y'),
  mode('io-mode').map((io) => `v4l2sink${io}`),
)
const line = fc
  .tuple(source, fc.array(between, { maxLength: 3 }), fc.array(fc.tuple(between, sink), { minLength: 1, maxLength: 2 }))
  .map(([first, middle, [straight, branch]]) => {
    const end = straight?.join(' ! ') ?? ''
    const way = [first, ...middle].join(' ! ')
    return branch === undefined
      ? `${way} ! ${end}`
      : `${way} ! tee name=t ! queue ! ${end} t. ! queue ! ${branch.join(' ! ')}`
  })
const KERNELS: Readonly<Record<string, readonly string[]>> = {
  arm: ['arm@4.11', 'arm@4.11+pfn-valid', 'arm@4.11+nopage-rfc', 'arm@6.12'],
  arm64: ['arm64@6.12'],
}
/** As many runs on 32-bit boards as on 64-bit ones, however many there are of each. */
const machineOf = fc
  .constantFrom(...Object.keys(KERNELS))
  .chain((arch) => fc.constantFrom(...machines.filter((machine) => machine.arch === arch)))
const place = machineOf.chain((machine) =>
  fc.record({
    machine: fc.constant(machine),
    kernel: fc.constantFrom(...(KERNELS[machine.arch] ?? [])),
    bind: fc.dictionary(
      fc.constantFrom('v4l2h264dec', 'v4l2src', 'videotestsrc', 'mystery', 'v4l2convert', 'kmssink', 'fakesink'),
      fc.constantFrom('none', ...machine.devices.map(({ name }) => name)),
      { maxKeys: 1 },
    ),
  }),
)
const sizes = fc.record({ frames: fc.integer({ min: 1, max: 6 }), buffers: fc.integer({ min: 1, max: 5 }) })

test('a run ends in a report or a refusal of the input, and every picture that arrives is accounted for', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(line, place, sizes, fc.boolean(), async (text, { machine, kernel, bind }, size, restarted) => {
      const known = Object.fromEntries(Object.entries(bind).filter(([element]) => text.includes(element)))
      try {
        const { runs } = await run(
          {
            board: machine.name,
            kernels: [kernel],
            work: text,
            bind: known,
            assume: ['all'],
            size: '64x32',
            ...size,
            ...(restarted && size.frames > 1 ? { restart: size.frames - 1 } : {}),
          },
          { laboratory },
        )
        for (const { verdict, frames, steps, findings } of runs) {
          seen.add(verdict)
          expect(frames.intact <= frames.delivered && frames.delivered <= frames.wanted).toBe(true)
          // A run that works has walked every step; one that does not says at which it ended.
          expect(steps.some(({ outcome }) => outcome !== 'ok')).toBe(verdict !== 'works')
          expect(frames.delivered === size.frames).toBe(verdict === 'works' || verdict === 'corrupt')
          expect(findings.filter(({ code }) => code === 'vb2-state')).toEqual([])
        }
      } catch (e) {
        if (!isInputError(e)) throw e
        seen.add('input')
      }
    }),
    { numRuns: 250 },
  )
  expect([...seen].toSorted()).toEqual(expect.arrayContaining(['input', 'works']))
})
