// Faults planted in the op table of arch/arm, one at a time: the exploration finds each, and nothing in a table that is as it was.
import { type Defect, type DmaOps, type FunctionPatch, newDefects, type Patch } from '@dmalab/api'
import { explore, exploreRequest, openLaboratory, openSearcher, planExploration } from '@dmalab/lab'
import { expect, it } from 'vitest'

const ATTR_SKIP_CPU_SYNC = 0x20
const TO_DEVICE = 1
const FROM_DEVICE = 2
const BIDIRECTIONAL = 0
const nothing = (): void => undefined

type Wrap<Operation extends keyof DmaOps> = (next: DmaOps[Operation]) => DmaOps[Operation]

const fault = <Operation extends keyof DmaOps>(symbol: string, wrap: Wrap<Operation>) =>
  ({ symbol, wrap: wrap as unknown as FunctionPatch }) as const

const FAULTS: Readonly<Record<string, { readonly symbol: string; readonly wrap: FunctionPatch }>> = {
  'lists are not synced for the CPU': fault<'syncSgForCpu'>('arm_dma_sync_sg_for_cpu', () => nothing),
  'lists are not synced for the device': fault<'syncSgForDevice'>('arm_dma_sync_sg_for_device', () => nothing),
  'bytes are not synced for the CPU': fault<'syncSingleForCpu'>('arm_dma_sync_single_for_cpu', () => nothing),
  'bytes are not synced for the device': fault<'syncSingleForDevice'>('arm_dma_sync_single_for_device', () => nothing),
  'a mapping is not cleaned': fault<'mapSg'>(
    'arm_dma_map_sg',
    (next) => (table, nents, dir, attrs) => next(table, nents, dir, attrs + ATTR_SKIP_CPU_SYNC),
  ),
  'an unmapping does not invalidate': fault<'unmapSg'>(
    'arm_dma_unmap_sg',
    (next) => (table, nents, dir, attrs) => next(table, nents, dir, attrs + ATTR_SKIP_CPU_SYNC),
  ),
  'an unmapping does nothing': fault<'unmapSg'>('arm_dma_unmap_sg', () => nothing),
  'a mapping is always from the device': fault<'mapSg'>(
    'arm_dma_map_sg',
    (next) => (table, nents, _dir, attrs) => next(table, nents, FROM_DEVICE, attrs),
  ),
  'an unmapping is always to the device': fault<'unmapSg'>(
    'arm_dma_unmap_sg',
    (next) => (table, nents, _dir, attrs) => next(table, nents, TO_DEVICE, attrs),
  ),
  'a sync for the CPU is always to the device': fault<'syncSgForCpu'>(
    'arm_dma_sync_sg_for_cpu',
    (next) => (table, nents) => next(table, nents, TO_DEVICE),
  ),
  'a sync for the device is always from the device': fault<'syncSgForDevice'>(
    'arm_dma_sync_sg_for_device',
    (next) => (table, nents) => next(table, nents, FROM_DEVICE),
  ),
  'a mapped address is a page too high': fault<'mapSg'>('arm_dma_map_sg', (next) => (table, nents, dir, attrs) => {
    const mapped = next(table, nents, dir, attrs)
    const [entry] = table.entries()
    if (entry !== undefined) table.setDma(0, (entry.dmaAddress + 4096) as typeof entry.dmaAddress, entry.dmaLength)
    return mapped
  }),
  'the last entry is not mapped': fault<'mapSg'>(
    'arm_dma_map_sg',
    (next) => (table, nents, dir, attrs) => next(table, nents - 1, dir, attrs),
  ),
  'memory is not freed': fault<'free'>('arm_dma_free', () => nothing),
  'an allocation is a page too high': fault<'alloc'>('arm_dma_alloc', (next) => (size, attrs, owner) => {
    const made = next(size, attrs, owner)
    if (!made.ok) return made
    const { handle } = made.value
    return { ok: true, value: { ...made.value, handle: (handle + 4096) as typeof handle } }
  }),
  'a table names the next page': fault<'getSgtable'>(
    'arm_dma_get_sgtable',
    (next) => (cpuAddr, handle, size, attrs) => next(cpuAddr, (handle + 4096) as typeof handle, size, attrs),
  ),
  'a table is a page short': fault<'getSgtable'>('arm_dma_get_sgtable', (next) => (cpuAddr, handle, size, attrs) => {
    const table = next(cpuAddr, handle, size, attrs)
    const [entry] = table.ok ? table.value.entries() : []
    if (table.ok && entry !== undefined) table.value.setPage(0, entry.page, entry.length - 2048, entry.offset)
    return table
  }),
  'a table is refused': fault<'getSgtable'>('arm_dma_get_sgtable', () => () => ({
    ok: false,
    errno: 'EINVAL',
    why: 'planted',
  })),
  'the sync of bytes begins a page too far': fault<'syncSingleForDevice'>(
    'arm_dma_sync_single_for_device',
    (next) => (handle, size, dir) => next((handle + 4096) as typeof handle, size, dir),
  ),
  'a user mapping begins a page too far': fault<'mmap'>('arm_dma_mmap', (next) => (...given) => {
    const mapping = next(...given)
    return mapping.ok
      ? { ok: true, value: { ...mapping.value, phys: (mapping.value.phys + 4096) as typeof mapping.value.phys } }
      : mapping
  }),
}

/** Faults that need a property of their own. */
const RARE: Readonly<
  Record<string, { readonly patch: Omit<Patch, 'name' | 'title' | 'source'>; readonly only: readonly string[] }>
> = {
  'a sync for the CPU forgets what goes both ways': {
    only: ['memory=user', 'direction=both ways'],
    patch: {
      hunks: [{ file: 'arch/arm/mm/dma-mapping.c', symbol: 'arm_dma_sync_sg_for_cpu', what: 'asks for FROM_DEVICE' }],
      functions: {
        arm_dma_sync_sg_for_cpu: fault<'syncSgForCpu'>(
          '',
          (next) => (table, nents, dir) => (dir === BIDIRECTIONAL ? undefined : next(table, nents, dir)),
        ).wrap,
      },
    },
  },
  'a sync for the CPU leaves out long entries': {
    only: ['memory=user', 'size=65536', 'caches=adverse-1'],
    patch: {
      hunks: [{ file: 'arch/arm/mm/dma-mapping.c', symbol: 'arm_dma_sync_sg_for_cpu', what: 'two pages at most' }],
      functions: {
        arm_dma_sync_sg_for_cpu: fault<'syncSgForCpu'>(
          '',
          (next) => (table, nents, dir) =>
            (table.entries()[0]?.length ?? 0) > 8192 ? undefined : next(table, nents, dir),
        ).wrap,
      },
    },
  },
  'an attach that fails keeps a table': {
    only: ['failing call=sgAlloc:3'],
    patch: {
      hunks: [
        {
          file: 'drivers/media/v4l2-core/videobuf2-dma-contig.c',
          symbol: 'vb2_dc_dmabuf_ops_attach',
          what: 'a table more, freed where all went well',
        },
      ],
      exporters: {
        'vb2-dma-contig': (next, host) => ({
          ...next,
          attach: (...given) => {
            const more = host.sgAlloc(1)
            if (!more.ok) return more
            const attached = next.attach(...given)
            if (attached.ok) host.sgFree(more.value)
            return attached
          },
        }),
      },
    },
  },
}

const patchOf = (name: string, symbol: string, wrap: FunctionPatch): Patch => ({
  name,
  title: name,
  source: 'planted by a test',
  hunks: [{ file: 'arch/arm/mm/dma-mapping.c', symbol, what: name }],
  functions: { [symbol]: wrap },
})
const nameOf = (text: string): string => text.toLowerCase().replaceAll(' ', '-')
const untouched = fault<'mapSg'>(
  'arm_dma_map_sg',
  (next) =>
    (...given) =>
      next(...given),
)
const laboratory = await openLaboratory([
  () => ({
    name: 'planted',
    patches: [
      ...Object.entries(FAULTS).map(([name, { symbol, wrap }]) => patchOf(nameOf(name), symbol, wrap)),
      ...Object.entries(RARE).map(([title, { patch }]) => ({
        ...patch,
        name: nameOf(title),
        title,
        source: 'planted by a test',
      })),
      patchOf('untouched', untouched.symbol, untouched.wrap),
    ],
  }),
])

const workOf = (patch: string, ...only: readonly string[]) => ({
  kernel: `arm@4.11+${patch}`,
  bound: { states: 64, walks: 1 },
  only: ['pool=none', ...(only.length > 0 ? only : ['memory=user', 'caches=adverse-1'])],
})

/** What the first configuration shows that shows anything: further ones would tell no more. */
const firstFound = async (patch: string, ...only: readonly string[]): Promise<readonly Defect[]> => {
  const work = workOf(patch, ...only)
  const plan = planExploration(laboratory, exploreRequest(work))
  const search = openSearcher(laboratory, plan)
  for (const number of plan.configurations.keys()) {
    const known = new Map([[number, search(number)]])
    const defects = newDefects(await explore(work, { laboratory, known, searchAll: async () => undefined }))
    if (defects.length > 0) return defects
  }
  return []
}

it.each(Object.keys(FAULTS).map((name) => [name, nameOf(name)]))('%s', async (_name, patch) => {
  expect(await firstFound(patch)).not.toEqual([])
})

it.each(Object.entries(RARE).map(([name, { only }]) => [name, only] as const))('%s', async (name, only) => {
  expect(await firstFound(nameOf(name), ...only)).not.toEqual([])
})

const SEEDS = 15
it.each([1, 16, 31, 46])(
  'finds nothing in a table that only goes another way, whatever the seed, from %i on',
  async (first) => {
    const work = {
      ...workOf('untouched'),
      bound: { states: 2, walks: 1, configurations: 'single' },
      only: ['memory=user'],
    } as const
    for (let seed = first; seed < first + SEEDS; seed++)
      expect(newDefects(await explore({ ...work, seed }, { laboratory }))).toEqual([])
  },
)
