// What holds of every run, whatever the line, the board, the kernel and the seed (DMALAB_SEED walks other ones).
import { isInputError, type KernelRun, phys, type RunReport } from '@dmalab/api'
import type { RunRequest } from '@dmalab/lab'
import { createChecker } from '@dmalab/checker'
import { openLaboratory, run } from '@dmalab/lab/node'
import { openLab, parseKernel, StepMachine } from '@dmalab/runner'
import { kitMachine } from '@dmalab/testkit'
import { createFtraceWriter } from '@dmalab/trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AnyRun, anyRun, kernelsOf } from './lines.ts'
import { dmalabWith } from '../../apps/cli/test/dmalab.ts'
import { anySteps, firstSteps } from './random-steps.ts'

const laboratory = await openLaboratory()
const RUNS = { numRuns: 25 }

/** The report of a run; what the board cannot run is refused, and compared as that. */
const toldOf = async (request: RunRequest): Promise<RunReport | string> => {
  try {
    return await run(request, { laboratory })
  } catch (error) {
    if (!isInputError(error)) throw error
    return error.message
  }
}
const runOf = async (request: RunRequest): Promise<KernelRun | undefined> => {
  const told = await toldOf(request)
  return typeof told === 'string' ? undefined : told.runs[0]
}
const holds = async (property: (request: AnyRun) => Promise<void>) =>
  fc.assert(fc.asyncProperty(anyRun, property), RUNS)

test('the same request gives the same bytes', async () => {
  await holds(async (request) => {
    expect(JSON.stringify(await toldOf(request))).toBe(JSON.stringify(await toldOf(request)))
  })
})

test('more pictures heal nothing', async () => {
  await holds(async (request) => {
    const short = await runOf(request)
    if (short === undefined || short.verdict === 'works') return
    const long = await runOf({ ...request, frames: Number(request.frames) + 2 })
    expect(long?.verdict).not.toBe('works')
  })
})

test('kernels beside others run as they do alone', async () => {
  await holds(async (request) => {
    const together = await toldOf({ ...request, kernels: kernelsOf(request.board) })
    if (typeof together === 'string') return
    for (const one of together.runs) expect(await runOf({ ...request, kernels: [one.kernel] })).toEqual(one)
  })
})

/** A run, and the ftrace text that it wrote. */
const loggedRun = async (
  request: RunRequest,
): Promise<{ readonly one: KernelRun; readonly log: string } | undefined> => {
  const writer = createFtraceWriter()
  const report = await run(request, { laboratory, onEvent: (event) => writer.onEvent(event) }).catch(() => undefined)
  const one = report?.runs[0]
  return one === undefined ? undefined : { one, log: writer.finish() }
}

test('the log of a run, replayed where it was written, ends as the run did', async () => {
  let compared = 0
  await holds(async ({ board, kernels, ...request }) => {
    const written = await loggedRun({ board, kernels, ...request })
    if (written === undefined) return
    const work = { log: written.log, file: 'own.trace', devices: {} }
    const again = await runOf({ board, kernels, work, assume: ['all'] })
    // A line that needs no device has nothing to replay.
    if (again === undefined) return
    compared += 1
    const { devices = [], skipped, fault } = again.replay ?? {}
    expect(devices.map(({ model }) => model)).toEqual(devices.map(({ log }) => log))
    // A fault outside of the DMA API's calls is the end of the log.
    const inCall = written.log.includes('"event":"stopped_call"')
    expect([skipped, fault?.function]).toEqual([0, inCall ? written.one.oops?.function : undefined])
  })
  expect(compared).toBeGreaterThan(5)
})

test('who listens changes nothing', async () => {
  await holds(async (request) => {
    let events = 0
    const heard = await run(request, { laboratory, onEvent: () => void (events += 1) }).catch(() => undefined)
    if (heard === undefined) return
    expect(events).toBeGreaterThan(0)
    expect(heard).toEqual(await toldOf(request))
  })
})

test('the checker, and whoever wants every line, change nothing that they look at', () => {
  const kernel = parseKernel('arm64@6.12', laboratory.registry)
  const machine = kitMachine(laboratory.registry.arches.get('arm64'))
  const steps = fc.tuple(firstSteps('plain'), anySteps('plain')).map((parts) => parts.flat())
  const ended = (work: readonly Parameters<StepMachine['do']>[0][], detail: 'op' | 'line' | undefined) => {
    const lab = openLab(laboratory, { kernel, machine })
    const checker = createChecker()
    if (detail !== undefined) lab.listen(detail, (event) => checker.onEvent(event))
    const driver = new StepMachine(lab, 7)
    const outcomes = work.map((step) => {
      try {
        const { ok } = driver.do(step)
        return ok
      } catch (error) {
        return error instanceof Error ? error.message : 'thrown'
      }
    })
    const balance = lab.balance()
    lab.close()
    return { outcomes, wrong: driver.wrong, balance }
  }
  fc.assert(
    fc.property(steps, (work) => {
      const alone = ended(work, undefined)
      expect(ended(work, 'op')).toEqual(alone)
      expect(ended(work, 'line')).toEqual(alone)
    }),
    RUNS,
  )
})

test('the order in which a board lists its devices changes no verdict', async () => {
  await holds(async (request) => {
    const board = { ...request.board, devices: request.board.devices.toReversed() }
    const [one, other] = [await runOf(request), await runOf({ ...request, board })]
    expect([other?.verdict, other?.errno, other?.why]).toEqual([one?.verdict, one?.errno, one?.why])
  })
})

test('memory that begins elsewhere changes no verdict', async () => {
  const KERNEL = 'arm64@6.12'
  const steps = fc.tuple(firstSteps('plain'), anySteps('plain')).map((parts) => parts.flat())
  const arch = laboratory.registry.arches.get('arm64')
  const machine = kitMachine(arch)
  const by = 0x10_0000_0000
  const moved = {
    ...machine,
    memory: machine.memory.map((range) => ({ ...range, base: phys(range.base + by) })),
    reserved: machine.reserved.map((region) => ({ ...region, base: phys(region.base + by) })),
    devices: machine.devices.map((device) => ({ ...device, maskBits: 64 })),
  }
  const wide = { ...machine, devices: moved.devices }
  const outcomes = (on: typeof machine, work: readonly Parameters<StepMachine['do']>[0][]): readonly string[] => {
    const lab = openLab(laboratory, { kernel: parseKernel(KERNEL, laboratory.registry), machine: on })
    const driver = new StepMachine(lab, 7)
    return work.map((step) => {
      try {
        return driver.do(step).ok ? 'ok' : 'refused'
      } catch (error) {
        return error instanceof Error ? error.name : 'thrown'
      }
    })
  }
  fc.assert(
    fc.property(steps, (work) => {
      expect(outcomes(moved, work)).toEqual(outcomes(wide, work))
    }),
    RUNS,
  )
})

test('a coherent device never sees, and never leaves, stale bytes', () => {
  let done = 0
  const open = () =>
    openLab(laboratory, {
      kernel: parseKernel('arm64@6.12', laboratory.registry),
      machine: kitMachine(laboratory.registry.arches.get('arm64')),
    })
  const steps = fc.tuple(firstSteps('snooping'), anySteps('snooping')).map((parts) => parts.flat())
  fc.assert(
    fc.property(steps, (work) => {
      const lab = open()
      const driver = new StepMachine(lab, 7)
      for (const step of work)
        try {
          if (driver.do(step).ok) done += 1
        } catch {
          // Steps that make no sense are refused.
        }
      expect(driver.wrong).toBe(0)
      lab.close()
    }),
    RUNS,
  )
  expect(done).toBeGreaterThan(100)
})

test('the command line prints what the library returns', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async ({ board, kernels, work, frames, buffers, seed }) => {
      const request = { board: board.name, kernels, work, frames, buffers, seed, size: '64x32' }
      const told = await toldOf(request)
      const words = ['--frames', frames, '--buffers', buffers, '--seed', seed, '--size', '64x32', '--json'].map(String)
      const { out } = await dmalabWith(
        {},
        'run',
        String(work),
        '--board',
        board.name,
        '--kernel',
        kernels[0] ?? '',
        ...words,
      )
      const printed = JSON.parse(out) as { readonly error?: { readonly message: string } }
      expect(printed.error?.message ?? printed).toEqual(
        typeof told === 'string' ? told : JSON.parse(JSON.stringify(told)),
      )
    }),
    { numRuns: 10 },
  )
})
