// Every option that a kernel claims to know changes what happens: its scenario ends as stated with it, and otherwise without it.
// What a kernel does not know, cannot have or would not notice is refused, with the reason.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DIR, type Event, type KernelRun, pfnOf, phys } from '@dmalab/api'
import { openLab, parseKernel, withOptions } from '@dmalab/runner'
import { describe, expect, it, test } from 'vitest'
import { openRegistry } from '@dmalab/lab/node'
import { runScenario, type ScenarioRequest } from 'dmalab'
import { showKernel } from '@dmalab/runner'
import { openLaboratory } from '@dmalab/lab/node'
import { parseKernelOptions } from '@dmalab/scenario'
import { ROOT, walk } from '../house/walk.ts'
import { scenarioRequest } from './scenario-request.ts'

const FOLDER = join(import.meta.dirname, '../../scenarios')
const registry = await openRegistry()
const parts = await openLaboratory()

const run = async (file: string, more: Partial<ScenarioRequest> = {}, events: Event[] = []): Promise<KernelRun> => {
  const scenario = file.endsWith('.yaml') ? join(FOLDER, file) : file
  const onEvent = (event: Event): unknown => events.push(event)
  const report = await runScenario(scenarioRequest(scenario, { onEvent, ...more }))
  const [only] = report.runs
  if (only === undefined) throw new Error('a scenario runs on one kernel')
  return only
}
const missed = (one: KernelRun): readonly string[] =>
  (one.expectations ?? []).filter(({ met }) => !met).map(({ expected, got }) => `${expected}: ${got}`)

/** The same scenario without its option, or with a value that it is compared with; and what it does not come to then. */
const OTHERWISE: Readonly<Record<string, readonly [other: Partial<ScenarioRequest>, missed: readonly string[]]>> = {
  'option-mem-arm64': [{ cmdline: '' }, ['verdict fault: works', expect.stringMatching(/^finding kernel-oops: leak/)]],
  'option-mem-arm': [{ cmdline: '' }, [expect.stringMatching(/^finding type-confusion: leak/)]],
  'option-mem-banks-arm411': [{ cmdline: '' }, ['errno ENOMEM: success']],
  'option-swiotlb-force': [
    { cmdline: '' },
    ['verdict corrupt: works', expect.stringMatching(/^finding wrong-bytes: cpu-access/)],
  ],
  'option-swiotlb-noforce': [{ cmdline: '' }, ['words "overflow": 1 segment(s)', 'errno EIO: success']],
  'option-swiotlb-size': [{ cmdline: 'swiotlb=256' }, ['words "no run of slots": 1 segment(s)', 'errno EIO: success']],
  'option-swiotlb-areas': [{ cmdline: 'swiotlb=128' }, ['verdict works: refused']],
  'option-lpae': [{ config: ['ARM_LPAE=n'] }, ['verdict works: refused']],
  'option-lpae-arm411': [
    { config: ['ARM_LPAE=n'] },
    ['verdict corrupt: refused', 'finding device-address-cut: no finding'],
  ],
  'option-dmabounce': [
    { config: ['DMABOUNCE=n'] },
    ['verdict works: corrupt', 'finding bounced: device-address-cut, wrong-bytes'],
  ],
  'option-dmabounce-mask': [
    { config: ['DMABOUNCE=n'] },
    [expect.stringMatching(/^verdict works: /), expect.stringMatching(/^finding bounced: /)],
  ],
  'option-dmabuf-debug-arm': [
    { config: ['DMABUF_DEBUG=n'] },
    ['verdict fault: works', expect.stringMatching(/^finding kernel-oops: leak/)],
  ],
  'option-dmabuf-debug-arm64': [
    { config: ['DMABUF_DEBUG=n'] },
    ['verdict fault: works', expect.stringMatching(/^finding kernel-oops: leak/)],
  ],
  'option-restricted-pool': [{ config: ['DMA_RESTRICTED_POOL'] }, ['verdict works: corrupt']],
  'option-unaligned-kmalloc': [{ config: ['DMA_BOUNCE_UNALIGNED_KMALLOC'] }, ['verdict works: corrupt']],
  'option-sg-dma-length-arm': [{ config: ['NEED_SG_DMA_LENGTH=n'] }, [expect.stringContaining(': 16 bytes an entry')]],
  'option-sg-dma-length-arm64': [{ config: ['NEED_SG_DMA_LENGTH'] }, [expect.stringContaining(': 32 bytes an entry')]],
  'option-debug-sg': [{ config: ['DEBUG_SG=n'] }, [expect.stringContaining(': 20 bytes an entry')]],
  'option-dma-api-debug': [{ config: ['DMA_API_DEBUG=n'] }, ['finding type-confusion: no finding']],
  'option-dma-api-debug-page': [{ config: ['DMA_API_DEBUG=n'] }, ['verdict fault: works']],
  'option-cma': [
    { cmdline: '' },
    ['words "largest buddy block": 8388608 bytes from coherent', 'errno ENOMEM: success'],
  ],
  'option-coherent-pool': [{ cmdline: '' }, ['verdict works: refused']],
  'generic-iommu-lazy': [{ cmdline: '' }, [expect.stringMatching(/^finding iommu-stale-translation: /)]],
  'generic-iommu-passthrough': [{ cmdline: '' }, ['words "4096 bytes as written": 4096 of 4096 bytes differ']],
}

test('every option scenario is compared with one without the option', () => {
  const files = readdirSync(FOLDER).filter((file) => /^option-.*\.yaml$/.test(file))
  expect(files.filter((file) => OTHERWISE[file.replace('.yaml', '')] === undefined)).toEqual([])
})

test.each(Object.keys(OTHERWISE))('%s ends otherwise without its option', async (name) => {
  const [other, without] = OTHERWISE[name] ?? [{}, []]
  expect(missed(await run(`${name}.yaml`))).toEqual([])
  expect(missed(await run(`${name}.yaml`, other))).toEqual(without)
})

test('every option that a kernel knows is shown by a scenario or a test', () => {
  const known = registry.kernels.values().flatMap(({ config, cmdline }) => Object.keys({ ...config, ...cmdline }))
  const texts = ['scenarios', 'tests']
    .flatMap(walk)
    .filter((file) => /\.(yaml|ts)$/.test(file))
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  expect([...new Set(known)].filter((name) => !texts.some((text) => text.includes(name)))).toEqual([])
})

describe('options in the kernel’s own words', () => {
  it('a full bounce pool is reported as recorded: bytes, slots of the pool, slots in use', async () => {
    const events: Event[] = []
    await run('option-swiotlb-size.yaml', {}, events)
    expect(events.flatMap((event) => (event.event === 'printk' ? [event.text] : []))).toEqual([
      'exynos-gsc narrow: swiotlb buffer is full (sz: 262144 bytes), total 128 (slots), used 128 (slots)',
    ])
  })

  it('mem= of arm64 counts bytes from the start over all banks, and makes the memory above 4 GiB unreachable', async () => {
    const file = 'option-swiotlb-noforce.yaml'
    expect(await run(file, { cmdline: 'mem=1G' })).toMatchObject({ step: 'alloc frame', errno: 'ENOMEM' })
    expect(missed(await run(file, { cmdline: 'mem=0x41000000 swiotlb=noforce' }))).toEqual([])
  })

  it('a page that arm_add_memory would round away is not used', async () => {
    const file = 'option-mem-banks-arm411.yaml'
    expect(missed(await run(file, { cmdline: 'mem=256M mem=6K@0x68000000' }))).toEqual([])
    expect((await run(file, { cmdline: 'mem=256M mem=4K@0x68000800' }).catch(String)) as string).toContain(
      'mem=4K@0x68000800 leaves no page',
    )
  })
})

describe('slots of the boot pool', () => {
  const slots = (cmdline: string, board: string): number | undefined => {
    const machine = registry.boards.has(board) ? registry.boards.get(board) : undefined
    if (machine === undefined) throw new Error(`no board ${board}`)
    const kernel = withOptions(parseKernel('arm64@6.12', registry), parseKernelOptions([], cmdline))
    const lab = openLab(parts, { machine, kernel })
    return lab.host(lab.device(machine.devices[0]?.name ?? '')).swiotlb()?.slots
  }

  it.each([
    ['swiotlb=300', 512],
    ['swiotlb=0x100', 256],
    ['swiotlb=0', 128],
    ['swiotlb=1024,6', 1024],
    ['swiotlb=256,8', 1024],
    ['swiotlb=65536 swiotlb=256', 256],
    ['swiotlb=noforce', undefined],
  ])('%s makes %s', (cmdline, expected) => {
    expect(slots(cmdline, 'rk3399-rockpro64')).toBe(expected)
  })

  it('a pool that memory has no room for is halved until there is room', () => {
    expect(slots('swiotlb=1048576 mem=512M', 'rk3399-rockpro64')).toBe(131072)
  })
})

describe('the alignment of bus addresses in 4.11', () => {
  const firstAddress = (order: number): number => {
    const kernel = withOptions(
      parseKernel('arm@4.11', registry),
      parseKernelOptions([`ARM_DMA_IOMMU_ALIGNMENT=${order}`], ''),
    )
    const machine = registry.boards.get('odroid-xu4-2017')
    const behind = machine.devices.find(({ iommu }) => iommu !== undefined)
    if (behind === undefined) throw new Error('the board has IOMMUs')
    const iommus = machine.iommus.map((iommu) => ({ ...iommu, enabled: true }))
    const lab = openLab(parts, { machine: { ...machine, iommus }, kernel })
    const device = lab.device(behind.name)
    const map = (bytes: number): number => {
      const page = { kind: 'page', pfn: pfnOf(phys(machine.memory[0]?.base ?? 0)) } as const
      const mapped = lab.dma.mapPageAttrs(device, page, 0, bytes, DIR.TO_DEVICE, 0)
      if (!mapped.ok) throw new Error(mapped.why)
      return mapped.value
    }
    map(4096)
    return map(2 ** 20) % 2 ** 20
  }

  it('ARM_DMA_IOMMU_ALIGNMENT=4 puts 1 MiB behind a page at the next 64 KiB, 8 at the next MiB', () => {
    expect([firstAddress(4), firstAddress(8)]).toEqual([65536, 0])
  })
})

describe('what an option says by itself', () => {
  const given = (kernel: string, config: readonly string[], cmdline = '') =>
    withOptions(parseKernel(kernel, registry), parseKernelOptions(config, cmdline))
  const factsOf = (...words: Parameters<typeof given>) => {
    const { base, options } = given(...words)
    return base.facts(options)
  }
  /** The op table of a device behind an IOMMU of this model. */
  const table = (model: string, ...words: Parameters<typeof given>): string => {
    const { base, options } = given(...words)
    const device = { name: 'card', coherent: false, maskBits: 64, memoryRegions: [] } as never
    return base.opsFor(device, options, { name: 'iommu', model, enabled: true })
  }

  it('ARCH_FORCE_MAX_ORDER is the order of the largest block, ZONE_DMA lets small masks through', () => {
    expect([[], ['ARCH_FORCE_MAX_ORDER=8']].map((config) => factsOf('arm@6.12', config).maxPageOrder)).toEqual([10, 8])
    expect([[], ['ZONE_DMA']].map((config) => factsOf('arm@6.12', config).zoneDmaLimit)).toEqual([null, 2 ** 24 - 1])
  })

  it('IOMMU_DEFAULT_DMA_LAZY=n is strict', () => {
    const strict = (...config: string[]) => factsOf('x86_64@6.12', config).iommu.strict
    expect([strict(), strict('IOMMU_DEFAULT_DMA_LAZY=n')]).toEqual([false, true])
  })

  it.each([
    ['intel-vtd', 'x86_64@6.12', [], '', 'dma-iommu'],
    ['intel-vtd', 'x86_64@6.12', ['INTEL_IOMMU_DEFAULT_ON=n'], '', 'dma-direct'],
    ['intel-vtd', 'x86_64@6.12', ['INTEL_IOMMU_DEFAULT_ON=n'], 'intel_iommu=on', 'dma-iommu'],
    ['intel-vtd', 'x86_64@6.12', [], 'intel_iommu=off', 'dma-direct'],
    ['intel-vtd', 'x86_64@6.12', [], 'amd_iommu=off', 'dma-iommu'],
    ['amd-vi', 'x86_64@6.12', [], 'amd_iommu=off', 'dma-direct'],
    ['amd-vi', 'x86_64@6.12', [], 'intel_iommu=off', 'dma-iommu'],
    ['samsung-sysmmu', 'arm@6.12', [], '', 'arm-v6-iommu'],
    ['samsung-sysmmu', 'arm@6.12', ['ARM_DMA_USE_IOMMU=n'], '', 'dma-iommu'],
  ] as const)('a device behind %s has the table of %s %s %s', (model, kernel, config, cmdline, ops) => {
    expect(table(model, kernel, config, cmdline)).toBe(ops)
  })
})

describe('what is refused', () => {
  const refused = (kernel: string, config: readonly string[], cmdline: string) => {
    const given = parseKernelOptions(config, cmdline)
    return () => {
      const { base, options } = withOptions(parseKernel(kernel, registry), given)
      base.facts(options)
    }
  }

  it.each([
    ['arm@4.11', [], 'swiotlb=force', "arm@4.11 has no 'swiotlb': 32-bit ARM has had a bounce pool since v5.3"],
    ['arm@4.11', [], 'iommu.strict=0', "arm@4.11 has no 'iommu.strict': it came with v4.20"],
    ['arm@4.11', ['DMABUF_DEBUG'], '', "arm@4.11 has no 'DMABUF_DEBUG': it came with v5.12"],
    ['arm@6.12', [], 'swiotlb=force', "'swiotlb' changes nothing on arm@6.12"],
    ['arm@6.12', ['DMABOUNCE'], '', "arm@6.12 has no 'DMABOUNCE': it went with v6.0"],
    ['arm64@6.12', ['ARM_LPAE'], '', "arm64@6.12 has no 'ARM_LPAE': it is an option of 32-bit ARM"],
    ['arm64@6.12', [], 'quiet', "command line parameter 'quiet' is unknown for arm64@6.12"],
    ['arm64@6.12', [], 'mem=512M@0x40000000', "this kernel reads a size and ignores '@0x40000000'"],
    ['arm64@6.12', [], 'mem=lots', 'mem=lots is not a size'],
    ['arm64@6.12', [], 'swiotlb=64M', 'swiotlb=64M is not understood'],
    ['arm64@6.12', [], 'iommu.strict=maybe', 'iommu.strict=maybe is neither 0 nor 1'],
    ['arm64@6.12', [], 'iommu.strict', 'iommu.strict needs a value'],
    ['arm@6.12', ['ARM_LPAE=1'], '', "CONFIG_ARM_LPAE takes y or n, not '1'"],
    ['arm@4.11', ['ARM_DMA_IOMMU_ALIGNMENT=12'], '', 'CONFIG_ARM_DMA_IOMMU_ALIGNMENT is 12; Kconfig takes 4 to 9'],
  ] as const)('%s, %s %s', (kernel, config, cmdline, says) => {
    expect(refused(kernel, config, cmdline)).toThrow(says)
  })

  it('and kernel show says beforehand what a kernel has not', () => {
    const { cmdline, lacks } = showKernel(registry, 'arm@4.11')
    expect(Object.keys(cmdline)).toContain('mem')
    expect(lacks['swiotlb']).toContain('since v5.3')
  })

  it('memory that the board does not have', async () => {
    await expect(run('option-mem-arm.yaml', { cmdline: 'mem=1G' })).rejects.toThrow(
      'mem= states memory that board virt-arm does not have: 0x70000000-0x7fffffff',
    )
  })

  it('swiotlb is taken where ARM has one: with LPAE', () => {
    expect(refused('arm@6.12', ['ARM_LPAE'], 'swiotlb=force')).not.toThrow()
  })
})
