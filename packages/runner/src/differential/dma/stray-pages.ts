// Pages that a device finds behind a coherent block and that are not the block's: behind an IOMMU, arch/arm reads page pointers from
// the kernel's stack. What lay there is chance; the record tells as much of it as answers depend on: RAM, or nothing.
import { InputError, type KernelVaddr, PAGE_SIZE, type PhysAddr, type SgPage } from '@dmalab/api'
import type { ProgramRecord } from '../records.ts'
import type { DmaBoot } from './dma-boot.ts'
import { isTranslated } from './places.ts'

/** 4 GiB. */
const MOST_PAGES = 2 ** 20
const NO_RAM: SgPage = { kind: 'null' }

/** Before the `calloc` of step `index`: puts on the stack what lay there, by what the record says of the block's pages. */
export const setStrayPages = (boot: DmaBoot, record: ProgramRecord, index: number): void => {
  const [command, name, , size = '0'] = wordsOf(record, index)
  if (command !== 'calloc') return
  const later = record.program.map((_, i) => i).filter((i) => i > index && wordsOf(record, i)[1] === name)
  const freed = later.find((i) => wordsOf(record, i)[0] === 'free') ?? Infinity
  const steps = later.filter((i) => i < freed)
  const listed = steps.find((i) => wordsOf(record, i)[0] === 'pg') ?? -1
  const words = (record.steps[listed] ?? '').split(' ').slice(2)
  const pages = Math.ceil(Number(size) / PAGE_SIZE)
  // No block is that long: it is refused.
  if (!(pages < MOST_PAGES)) return
  boot.lab.mem.strayPages = Array.from({ length: pages - 1 }, (_, i) =>
    isAnswered(record, steps, i + 1) || /^[0-9a-f]+$/.test(words[i + 1] ?? '') ? boot.foreignPage() : NO_RAM,
  )
}

/** Did the device get through to that page? Then something answered there, RAM or a window of the bus. */
const isAnswered = (record: ProgramRecord, steps: readonly number[], page: number): boolean =>
  steps.some((i) => {
    const [command = '', , offset, len] = wordsOf(record, i)
    const reaches = Number(offset) < (page + 1) * PAGE_SIZE && Number(offset) + Number(len) > page * PAGE_SIZE
    return (command === 'dread' || command === 'dwrite') && reaches && record.steps[i] !== undefined
  })

const wordsOf = ({ program }: ProgramRecord, index: number): string[] => (program[index] ?? '').split(' ')

/** Which parts of [offset, offset + len) of a coherent block lead the device to other memory, or to none. */
export const strayParts = (
  boot: DmaBoot,
  name: string,
  offset: number,
  len: number,
): readonly { readonly phys: PhysAddr; readonly len: number }[] => {
  const block = boot.find('coherent', name)
  if (block === undefined || !isTranslated(block.device)) return []
  const { device, cpuAddr, handle } = block
  const ofCpu = (page: number) => boot.lab.mem.resolve((cpuAddr + BigInt(page * PAGE_SIZE)) as KernelVaddr)?.phys
  const ofDevice = (page: number) => {
    const [part] = boot.lab.translate(device, (handle + page * PAGE_SIZE) as never, PAGE_SIZE, false)
    return part !== undefined && 'phys' in part ? part : undefined
  }
  if (ofDevice(0)?.phys !== ofCpu(0)) return []
  const first = Math.floor(offset / PAGE_SIZE)
  const pages = Array.from({ length: Math.ceil((offset + len) / PAGE_SIZE) - first }, (_, i) => first + i)
  return pages.flatMap((page) => {
    const part = ofDevice(page)
    return part === undefined || part.phys === ofCpu(page) ? [] : [part]
  })
}

/** The recording device is software: where no memory answers, its access stops the kernel. @throws InputError for more than can be mapped */
export const touchStrays = (boot: DmaBoot, name: string, offset: number, len: number): void => {
  const { mem } = boot.lab
  for (const part of strayParts(boot, name, offset, len)) {
    const at = mem.remap(part.phys, part.len, 'cached')
    if (!at.ok) throw new InputError(`no kernel mapping of ${part.len} bytes for the recording device: ${at.why}`)
    mem.memcpy(at.value, at.value, part.len)
    mem.unmap(at.value)
  }
}
