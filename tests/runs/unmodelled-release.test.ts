// A release that is not modelled: the modelled one that stands in for it, and refusals that name those around it.
import { InputError, type KernelRun } from '@dmalab/api'
import { bootMemory, diffKernels, explore, measureMaps, readBoard, run, showKernel, specOf } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { parseKernel } from '@dmalab/runner'
import { describe, expect, it } from 'vitest'

const laboratory = await openLaboratory()
const { registry } = laboratory
const hintOf = (kernel: string): string | undefined => {
  try {
    parseKernel(kernel, registry)
  } catch (error) {
    if (error instanceof InputError) return error.hint
    throw error
  }
  throw new Error(`${kernel} is modelled`)
}

describe('a kernel that is not there', () => {
  it.each([
    ['arm@4.4', 'the nearest modelled: arm@4.11'],
    ['arm64@9', 'the nearest modelled: arm64@'],
    ['arm64@7', 'the nearest modelled: arm64@6.18 and arm64@7.2'],
    ['armhf@6.12', 'armhf is called arm here: --kernel arm@6.12'],
    ['arm64@6.12+fix-sg-splt', 'did you mean fix-sg-split?'],
    ['amr64@6.12', 'did you mean arm64@6.12 or'],
    ['6.6', 'name the architecture, too: arm@6.6, arm64@6.6'],
  ])('%s: %s', (kernel, hint) => {
    expect(hintOf(kernel)).toContain(hint)
  })
  it.each(['arm64@mine', 'sparc@6.12'])('%s has no release near it', (kernel) => {
    expect(hintOf(kernel) ?? '').not.toContain('nearest')
  })
})

describe('a run on a release that is not modelled', () => {
  const work = {
    scenario: {
      name: 'pages',
      steps: [
        { do: 'alloc', buffer: 'frame', size: '64KiB', from: 'pages' },
        { do: 'free', buffer: 'frame' },
      ],
    },
    file: 'pages.yaml',
  }
  const on = async (kernel: string, options = {}): Promise<KernelRun> => {
    const { runs } = await run({ board: 'odroid-u3', kernels: [kernel], work, ...options }, { laboratory })
    const [first] = runs
    if (first === undefined) throw new Error('nothing ran')
    return first
  }

  it('takes the nearest, and gives a verdict where no difference touches the case', async () => {
    const report = await run({ board: 'odroid-u3', kernels: ['arm@6.8'], work }, { laboratory })
    expect(report.notes.join()).toContain('arm@6.8 is not modelled')
    expect(report.runs[0]).toMatchObject({ verdict: 'works', standsFor: { kernel: 'arm@6.8', recorded: true } })
  })
  it('waits for a word where nothing is on record about the release', async () => {
    expect(await on('arm@5.4')).toMatchObject({
      kernel: 'arm@4.11',
      verdict: 'unknown',
      assuming: 'works',
      assumptions: [{ kind: 'release', howToState: '--kernel arm@4.11' }],
    })
    expect(await on('arm@5.4', { assume: ['release'] })).toMatchObject({ verdict: 'works', assuming: null })
  })
  it('takes a stable release for its release, and one without architecture for the board’s', async () => {
    const spec = specOf(registry, { board: 'odroid-u3', kernels: ['v6.12.107'], work })
    expect(spec.kernels).toEqual(['arm@6.12.107'])
    expect(await on('arm@6.12.107')).toMatchObject({ kernel: 'arm@6.12', verdict: 'works' })
  })
})

describe('every command that takes a kernel takes one that is not modelled', () => {
  const note = (between: string): unknown =>
    expect.stringMatching(`^arm64@6.9 is not modelled: arm64@6.6 stands in for it; .*${between}.*kernel diff arm64@6.9`)
  const machine = readBoard('bcm2711-rpi-4-b')
  const onPi = { machine, kernel: '6.9', config: [], cmdline: '' }

  it('kernel show', () => {
    expect(showKernel(registry, 'arm64@6.9')).toMatchObject({ name: 'arm64@6.6', notes: [note('vb2-many-buffers')] })
    expect(showKernel(registry, 'arm64@6.6').notes).toEqual([])
  })
  it('kernel diff, whose second kernel may be a release alone', () => {
    const { from, to, notes, records } = diffKernels(registry, 'v6.11', 'arm64@6.9')
    expect([from, to, notes.length]).toEqual(['arm64@6.9', 'arm64@6.11', 2])
    expect(records.map(({ id }) => id)).toEqual(['skip-needless-sync', 'vb2-remove-bufs'])
  })
  it('kernel diff finds no fact that differs without a record', () => {
    const releases = ['arm64@5.10', 'arm64@5.15', 'arm64@6.1', 'arm64@6.6', 'arm64@6.9', 'arm64@6.12', 'arm64@6.18']
    for (const from of [...releases, 'arm@6.1', 'x86_64@6.12'])
      for (const to of ['6.18', '7.0', '7.2'])
        expect([from, to, diffKernels(registry, from, to).facts]).toEqual([from, to, []])
  })
  it('explore', async () => {
    const bound = { configurations: 'single', states: 1, depth: 1 } as const
    const report = await explore({ kernel: 'arm64@6.9', bound, only: ['importer=iommu'] }, { laboratory })
    expect(report).toMatchObject({ kernel: 'arm64@6.6', notes: expect.arrayContaining([note('vb2-many-buffers')]) })
  })
  it('bench map and board show', () => {
    const device = 'codec'
    const row = measureMaps(laboratory, { ...onPi, device, granule: 1, count: 1, dir: 'TO_DEVICE', clock: () => 0 })
    expect(row).toMatchObject({ kernel: 'arm64@6.6', notes: [note('windows-limit-mappings')] })
    expect(bootMemory(laboratory, onPi)).toMatchObject({ kernel: 'arm64@6.6', notes: [note('windows-limit-mappings')] })
  })
})
