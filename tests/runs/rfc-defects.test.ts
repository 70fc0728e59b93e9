// What the RFC leaves wrong: the scenario files, each proven by its run, and the defects that only calls from TypeScript reach.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ATTR, DIR, dma, type Event, pfnOf, phys, type PhysAddr, vaddr } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { exitCodeFor, runScenario } from 'dmalab'
import { must, openArmLab, oopsOf, page, POOL, RAM } from '../dma/arm-lab.ts'
import { scenarioRequest } from './scenario-request.ts'

const FOLDER = join(import.meta.dirname, '../../scenarios')
const RFC = 'arm@4.11+nopage-rfc'
const NOPAGE = 1024

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'))

test.each(files)('%s ends as it states', async (file) => {
  const report = await runScenario(scenarioRequest(join(FOLDER, file)))
  const stated = report.runs.flatMap((run) => run.expectations ?? [])
  expect(stated.filter((one) => !one.met)).toEqual([])
  expect(stated.length).toBeGreaterThan(0)
  expect(exitCodeFor(report, 'error')).toBe(0)
})

describe('a tagged entry in a list', () => {
  const mixed = (kernel: string, nth: number, dir: typeof DIR.TO_DEVICE | typeof DIR.FROM_DEVICE) => {
    const lab = openArmLab({ kernel, inject: [{ what: 'mapPage', nth, device: 'importer' }] })
    const memory = must(lab.dma.allocAttrs(lab.device('codec'), 8192, 0, 'frame'))
    const tagged = { page: { kind: 'vaddr', at: memory.cpuAddr }, offset: 0, length: 8192, attrs: NOPAGE } as const
    const plain = { page: page(RAM + 0x280_0000), offset: 0, length: 4096 }
    const table = lab.sgTable([{ ...tagged, dmaAddress: memory.handle, dmaLength: 8192 }, plain])
    return () => lab.dma.mapSgAttrs(lab.device('importer'), table, dir, 0)
  }

  it('is unmapped when a later entry fails, and the unwind looks at a page that does not exist', () => {
    const oops = oopsOf(mixed(RFC, 1, DIR.FROM_DEVICE))
    expect(oops.callPath).toEqual([
      'dma_cache_maint_page',
      '__dma_page_dev_to_cpu',
      'arm_dma_unmap_page',
      'arm_dma_map_sg',
    ])
    expect(mixed(RFC, 1, DIR.TO_DEVICE)()).toMatchObject({ ok: false, errno: 'EIO' })
  })
})

describe('the tag on memory that has struct pages (RD-06)', () => {
  it('keeps a dirty line in the cache, and the device reads what was there before', () => {
    const read = (attrs: number) => {
      const lab = openArmLab({ kernel: RFC })
      const at = RAM + 0x280_0000
      lab.userWrite({ phys: at as never, len: 4096, kind: 'cached' }, { seed: 1 }, 4096, 'frame')
      const table = must(lab.dma.getSgtableAttrs(lab.device('codec'), vaddr(0xc280_0000n), dma(at), 4096, attrs))
      expect(table.entry(0)).toMatchObject({ page: page(at), attrs })
      must(lab.dma.mapSgAttrs(lab.device('importer'), table, DIR.TO_DEVICE, 0))
      return lab.bus(lab.device('importer')).read({ at: table.entry(0).dmaAddress, len: 4096 }, { seed: 1 }).wrong
    }
    expect(read(0)).toBe(0)
    expect(read(NOPAGE)).toBeGreaterThan(4000)
  })
})

describe('the tag in buf->attrs', () => {
  it('reaches free and mmap, which do not look at it', () => {
    const lab = openArmLab({ kernel: RFC })
    const codec = lab.device('codec')
    const events: Event[] = []
    lab.listen('op', (event) => events.push(event))
    const mem = must(lab.allocator('vb2-dma-contig').alloc(codec, 8192, DIR.FROM_DEVICE, 'frame'))
    expect(mem.attrs).toBe(NOPAGE)
    expect(must(lab.allocator('vb2-dma-contig').mmap(mem, { pgoff: 0, len: mem.size }))).toMatchObject({
      phys: POOL,
      len: 8192,
    })
    lab.allocator('vb2-dma-contig').put(mem)
    lab.allocator('vb2-dma-contig').put(mem)
    expect(events.map((event) => event.event)).toContain('pool_free')
  })

  it('is set without NO_KERNEL_MAPPING too: a pool ignores that attribute, and its cookie is an address', () => {
    const lab = openArmLab({ kernel: RFC })
    const memory = must(lab.dma.allocAttrs(lab.device('codec'), 4096, ATTR.NO_KERNEL_MAPPING, 'frame'))
    expect(lab.mem.resolve(memory.cpuAddr)).toMatchObject({ phys: POOL })
  })
})

describe('uses that work', () => {
  const exported = () => {
    const lab = openArmLab({ kernel: RFC })
    const mem = must(lab.allocator('vb2-dma-contig').alloc(lab.device('codec'), 8192, DIR.FROM_DEVICE, 'frame'))
    lab.bus(lab.device('codec')).write({ at: mem.dmaAddr, len: 8192 }, { seed: 9 })
    return { lab, dmabuf: must(lab.allocator('vb2-dma-contig').getDmabuf(mem)) }
  }

  it('a vb2-vmalloc importer reads every byte through the CPU mapping (OK-1)', () => {
    const { lab, dmabuf } = exported()
    const vmalloc = lab.allocator('vb2-vmalloc')
    const mem = must(vmalloc.attachDmabuf(lab.device('importer'), dmabuf, 8192, DIR.TO_DEVICE))
    must(vmalloc.mapDmabuf(mem))
    const at = vmalloc.vaddr(mem)
    expect(at === null ? undefined : lab.mem.resolve(at)).toEqual({ phys: POOL, kind: 'writecombine' })
  })

  it('kmap of a page is its address in the pool (OK-4)', () => {
    const { lab, dmabuf } = exported()
    expect(lab.mem.resolve(must(lab.dmaBuf.kmap(dmabuf, 1)))).toEqual({ phys: POOL + 4096, kind: 'writecombine' })
  })
})

describe('further holes', () => {
  const check = (more: Parameters<typeof openArmLab>[0] = {}) => {
    const lab = openArmLab({ kernel: RFC, ...more })
    const codec = lab.device('codec')
    return { codec, fn: lab.host(codec).exports['dma_check_dev_coherent'] as (...args: unknown[]) => boolean }
  }

  it('the size of a pool of 2 GiB overflows an int, so nothing in it would be found (call path: vb2_dc_alloc)', () => {
    const { codec, fn } = check()
    const { pool } = codec
    const at = [pool?.deviceBase, pool?.virtBase]
    expect(fn(codec, ...at)).toBe(true)
    expect(fn({ ...codec, pool: { ...pool, pages: 2 ** 19 } }, ...at)).toBe(false)
  })

  it('a NULL device has no pool', () => {
    expect(check().fn(null, 0, 0n)).toBe(false)
  })

  it('struct scatterlist grows, so fewer entries fit a page (RD-02)', () => {
    const perPage = (kernel: string, config: Readonly<Record<string, boolean>>): number => {
      const { sgEntrySize } = openArmLab({ kernel, config }).facts
      return Math.floor(4096 / sgEntrySize)
    }
    expect([perPage('arm@4.11', {}), perPage(RFC, {})]).toEqual([256, 204])
    const length = { NEED_SG_DMA_LENGTH: true }
    expect([perPage('arm@4.11', length), perPage(RFC, length)]).toEqual([204, 170])
    const lpae = { ARM_LPAE: true }
    expect([perPage('arm@4.11', lpae), perPage(RFC, lpae)]).toEqual([170, 128])
  })

  it('without HAVE_GENERIC_DMA_COHERENT there are no pools, and the RFC does not build', async () => {
    const config = ['HAVE_GENERIC_DMA_COHERENT=n']
    const lab = openArmLab({ kernel: 'arm@4.11', config: { HAVE_GENERIC_DMA_COHERENT: false } })
    const { handle } = must(lab.dma.allocAttrs(lab.device('codec'), 4096, 0, 'frame'))
    expect(lab.mem.pfnValid(pfnOf(handle as number as PhysAddr))).toBe(true)
    expect(lab.host(lab.device('codec')).declareCoherentMemory(phys(POOL), null, 4096)).toMatchObject({ ok: false })
    const run = (kernel: string) => runScenario(scenarioRequest('founding', { kernels: [kernel], config }))
    expect((await run('arm@4.11')).runs[0]?.verdict).toBe('works')
    await expect(run(RFC)).rejects.toThrow('does not build without CONFIG_HAVE_GENERIC_DMA_COHERENT')
  })
})
