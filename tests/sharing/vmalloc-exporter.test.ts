// Attachments of vb2-vmalloc: one mapping is kept for each, of one direction, and lists go with the attachment.
import { DIR, type Injection, type KResult } from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { openRegistry } from '@dmalab/lab/node'
import { openLab, parseKernel } from '@dmalab/runner'
import { expect, test } from 'vitest'
import { machineFor } from './sharing-bench.ts'

const module = compileHotSync()
const registry = await openRegistry()
const value = <T>(result: KResult<T>): T => {
  if (!result.ok) throw new Error(`${result.errno}: ${result.why}`)
  return result.value
}

const attached = (kernel: string, inject: readonly Injection[] = []) => {
  const spec = parseKernel(kernel, registry)
  const lab = openLab({ module, registry }, { kernel: spec, machine: machineFor(spec), inject })
  const told: string[] = []
  lab.listen('op', (event) => {
    if (event.event === 'printk') told.push(event.text)
    else if (/^dma_(un)?map_sg$/.test(event.event)) told.push(`${event.event} ${'dir' in event ? event.dir : ''}`)
  })
  const ops = lab.allocator('vb2-vmalloc')
  const mem = value(ops.alloc(null, 8192, DIR.FROM_DEVICE, 'queue'))
  const buf = value(ops.getDmabuf(mem))
  return { lab, told, buf, attachment: value(lab.dmaBuf.attach(buf, lab.device('n'))) }
}

test('the same direction again maps nothing, another one maps anew, and detach undoes the last', () => {
  const { lab, told, buf, attachment } = attached('arm64@6.12')
  for (const dir of [DIR.TO_DEVICE, DIR.TO_DEVICE, DIR.FROM_DEVICE])
    lab.dmaBuf.unmapAttachment(attachment, value(lab.dmaBuf.mapAttachment(attachment, dir)), dir)
  lab.dmaBuf.detach(buf, attachment)
  expect(told.filter((one) => one.startsWith('dma_'))).toEqual([
    `dma_map_sg ${DIR.TO_DEVICE}`,
    `dma_unmap_sg ${DIR.TO_DEVICE}`,
    `dma_map_sg ${DIR.FROM_DEVICE}`,
    `dma_unmap_sg ${DIR.FROM_DEVICE}`,
  ])
})

test('an attachment that was never mapped is undone without an unmap', () => {
  const { lab, told, buf, attachment } = attached('arm64@6.12')
  lab.dmaBuf.detach(buf, attachment)
  expect(told.filter((one) => one.startsWith('dma_'))).toEqual([])
})

test('a mapping that fails is EIO, and the log says so', () => {
  const { lab, told, attachment } = attached('arm64@6.12', [{ what: 'mapSg', nth: 1 }])
  expect(lab.dmaBuf.mapAttachment(attachment, DIR.TO_DEVICE)).toMatchObject({ ok: false, errno: 'EIO' })
  expect(told.join('\n')).toContain('failed to map scatterlist')
})

test('lists go with their attachments', () => {
  const { lab, buf, attachment } = attached('arm64@6.12')
  lab.dmaBuf.detach(buf, attachment)
  const before = lab.balance()
  lab.dmaBuf.detach(buf, value(lab.dmaBuf.attach(buf, lab.device('n'))))
  expect(lab.balance()).toEqual(before)
})

test('4.11 maps a page for the kernel at its place', () => {
  const { lab, buf } = attached('arm@4.11')
  const [first, second] = [0, 1].map((page) => value(lab.dmaBuf.kmap(buf, page)))
  expect(Number(second) - Number(first)).toBe(4096)
})

test('without memory for a list there is no attachment', () => {
  const { lab, buf } = attached('arm64@6.12', [{ what: 'sgAlloc', nth: 2 }])
  expect(lab.dmaBuf.attach(buf, lab.device('n'))).toMatchObject({ ok: false, errno: 'ENOMEM' })
})
