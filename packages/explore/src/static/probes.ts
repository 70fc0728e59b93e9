// Functions of a patch, called with what a walk does not come to: large pools, and a kernel whose entries have a length of their own.
import type { ExploredCode, KernelFacts, KernelSpec, Patch } from '@dmalab/api'
import { kernelFacts, openLab, opTablesOf, type RunParts, withOptions } from '@dmalab/runner'
import { machineOf } from '../machine.ts'

export interface Probed {
  readonly code: ExploredCode
  readonly message: string
  /** The function that was called. */
  readonly symbol: string
  readonly configuration: Readonly<Record<string, string>>
}

const LENGTH = 'NEED_SG_DMA_LENGTH'

/** A list of a pool's memory, made with the patch's attribute: an entry with a bus address and no length. */
export const unsetLengths = (parts: RunParts, kernel: KernelSpec): readonly Probed[] => {
  const [bit] = Object.values(kernel.patches.at(-1)?.attrs ?? {})
  if (bit === undefined) return []
  const isOption = typeof kernel.base.config[LENGTH]?.default === 'boolean'
  const options = { ...kernel.options, config: isOption ? { [LENGTH]: true } : {} }
  const built = withOptions(kernel, options)
  const facts = kernelFacts(built, parts.registry)
  if (!facts.sgDmaLength) return []
  const lab = openLab(parts, { kernel: built, machine: pooledMachine(facts) })
  const device = lab.device('exporter')
  const memory = lab.dma.allocAttrs(device, 4096, 0, 'frame')
  if (!memory.ok) return []
  const list = lab.dma.getSgtableAttrs(device, memory.value.cpuAddr, memory.value.handle, 4096, bit)
  const [entry] = list.ok ? list.value.entries() : []
  if (entry === undefined || entry.dmaAddress === 0 || entry.dmaLength !== 0) return []
  return [
    {
      code: 'length-not-set',
      message:
        'an entry has its dma_address from the exporter, and dma_length 0: who takes it before a mapping sees nothing',
      symbol: makerOf(parts, kernel, device.opsName),
      configuration: isOption ? { config: `${LENGTH}=y` } : {},
    },
  ]
}

const makerOf = (parts: RunParts, { base }: KernelSpec, table: string): string =>
  opTablesOf(base, parts.registry)
    .find(({ name }) => name === table)
    ?.symbols.getSgtable?.at(-1) ?? 'dma_get_sgtable_attrs'

/** The exporter has a pool outside RAM. */
export const pooledMachine = ({ arch }: KernelFacts) =>
  machineOf({
    arch: arch.board,
    allSnoop: arch.snoops === 'always',
    pointerBits: arch.pointerBits,
    pool: 'outside',
    exporter: 'plain',
    importer: 'plain',
    exporterClass: 'codec',
    importerClass: 'converter',
    importerDriver: null,
    iommuModel: '',
    second: 'none',
    highmem: false,
  })

type PoolCheck = (device: unknown, handle: number, cpuAddr: bigint) => unknown

/** A pool as such a function sees it. */
interface Pool {
  readonly pages: number
  readonly deviceBase: number
  readonly virtBase: bigint
}

const USUAL: Pool = { pages: 1024, deviceBase: 0x9000_0000, virtBase: 0x4000_0000n }
const LARGE: Pool = { ...USUAL, pages: 2 ** 19 }
/** Its last byte is the last one that has a 32-bit bus address. */
const LAST: Pool = { ...USUAL, deviceBase: 2 ** 32 - USUAL.pages * 4096 }

/** With 64-bit bus addresses a negative length leads below the pool; with 32-bit ones it comes round. */
const WIDE = 'ARM_LPAE'

/** Functions that tell whether memory lies in a device's pool: do they say the same of the first page of a pool out of the ordinary? */
export const overflowingRanges = (parts: RunParts, kernel: KernelSpec): readonly Probed[] => {
  const patch: Patch | undefined = kernel.patches.at(-1)
  const found = new Map<string, Probed>()
  for (const config of [{}, ...(WIDE in kernel.base.config ? [{ [WIDE]: true }] : [])]) {
    const facts = kernelFacts(withOptions(kernel, { ...kernel.options, config }), parts.registry)
    const [pool, what] =
      facts.dmaAddrSize < 8
        ? [LAST, 'that ends at 4 GiB: with 32-bit addresses its end is 0']
        : [LARGE, 'of 2 GiB: it counts the length of the pool in an int']
    for (const [symbol, check] of Object.entries(patch?.exports?.(facts) ?? {})) {
      const key = `${symbol} ${what}`
      if (found.has(key) || !saysSo(check as PoolCheck, USUAL) || saysSo(check as PoolCheck, pool)) continue
      found.set(key, {
        code: 'range-overflows',
        message: `${symbol}() does not know memory of a pool ${what}`,
        symbol,
        configuration: WIDE in config ? { config: `${WIDE}=y` } : {},
      })
    }
  }
  return [...found.values()]
}

const saysSo = (check: PoolCheck, pool: Pool): boolean => {
  try {
    return check({ pool }, pool.deviceBase, pool.virtBase) === true
  } catch {
    // It asks for something else.
    return false
  }
}
