// The built-in allocators pass the test kit's suite on two kernels; broken ones fail where they are broken.
import type { AllocatorDef, Injection, Vb2MemOps } from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { openLab, parseKernel } from '@dmalab/runner'
import { ALLOCATOR_CHECKS, type AllocatorSubject, describeAllocator } from '@dmalab/testkit'
import { describe, expect, test } from 'vitest'
import { openRegistry } from '@dmalab/lab/node'
import { machineFor } from './sharing-bench.ts'

const module = compileHotSync()
const registry = await openRegistry()

const subject = (kernel: string, name: string, from = registry): AllocatorSubject => ({
  allocator: name,
  caps: from.allocators.get(name).caps,
  open: (inject: readonly Injection[] = []) => {
    const spec = parseKernel(kernel, from)
    const lab = openLab({ module, registry: from }, { kernel: spec, machine: machineFor(spec), inject })
    return { lab, device: lab.device('n') }
  },
})

for (const kernel of ['arm@4.11', 'arm64@6.12'])
  for (const { name } of registry.allocators.values()) describeAllocator(`${name} on ${kernel}`, subject(kernel, name))

/** A built-in allocator under another name, with operations replaced. */
const broken = async (base: string, breakIt: (ops: Vb2MemOps) => Partial<Vb2MemOps>): Promise<AllocatorSubject> => {
  const own = await openRegistry()
  const stock = own.allocators.get(base)
  const def: AllocatorDef = {
    ...stock,
    name: 'broken',
    create: (host) => {
      const ops = stock.create(host)
      return { ...ops, ...breakIt(ops) }
    },
  }
  own.add({ name: 'broken', allocators: [def] })
  return subject('arm@4.11', 'broken', own)
}

const failing = (of: AllocatorSubject): string[] =>
  Object.entries(ALLOCATOR_CHECKS).flatMap(([sentence, check]) => {
    try {
      check(of)
      return []
    } catch {
      return [sentence]
    }
  })

describe('an allocator', () => {
  test('that never drops its last user fails where memory must go', async () => {
    const leaky = await broken('vb2-dma-contig', () => ({ put: () => undefined }))
    expect(failing(leaky)).toContain('allocates whole zeroed buffers with one user, and frees them with the last')
  })

  test('that forgets the sync at prepare fails where the device reads the CPU’s bytes', async () => {
    const unsynced = await broken('vb2-dma-sg', () => ({ prepare: () => undefined }))
    expect(failing(unsynced)).toContain('lets the device see what the CPU wrote, after prepare')
  })

  test('that takes a dma-buf of any size fails where it must refuse', async () => {
    const careless = await broken('vb2-dma-contig', (ops) => ({
      attachDmabuf: (dev, dbuf, _size, dir) => ops.attachDmabuf(dev, dbuf, dbuf.size, dir),
    }))
    expect(failing(careless)).toEqual(['refuses an import that is smaller than the plane with EFAULT'])
  })
})
