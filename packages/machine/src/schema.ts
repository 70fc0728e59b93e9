// The shape of a board file. Units are parsed here, once; inside, lengths and physical addresses are plain numbers in bytes.
import { BOARD_ARCHES } from './of/architectures.ts'
import { madeOnce, PAGE_SIZE, type Machine } from '@dmalab/api'
import { z } from 'zod'
import { USUAL_MASK_BITS } from './assumed-mask.ts'
import { parseQuantity } from './quantity.ts'

const QUANTITY_HELP = 'expected an address or a size such as 0x5100_0000, 64MiB or 4096'

const inPages = (value: number): boolean => value % PAGE_SIZE === 0

const DEVICE_CLASSES = [
  'codec',
  'converter',
  'display',
  'camera',
  'isp',
  'gpu',
  '2d',
  'jpeg',
  'network',
  'storage',
  'dma-engine',
  'other',
] as const

/** Made when the first board is read. */
export const machineSchema = madeOnce(() => {
  const quantity = z
    .union([z.string(), z.number().int().nonnegative()], { error: QUANTITY_HELP })
    .transform((value, ctx) => {
      const parsed = typeof value === 'number' ? BigInt(value) : parseQuantity(value)
      if (parsed === undefined) ctx.addIssue({ code: 'custom', message: QUANTITY_HELP })
      return parsed ?? 0n
    })

  /** Bytes or a physical address. Linux has no physical address beyond 52 bits, so a number holds it exactly. */
  const physical = quantity
    .refine((value) => value <= 2n ** 52n, { error: 'beyond 52 bits: no physical address of Linux is' })
    .transform(Number)
    .describe('bytes: "0x5100_0000", "64MiB" or a plain integer')
  const length = physical.refine((len) => len > 0, { error: 'expected a length greater than zero' })
  const kernelAddress = quantity
    .refine((value) => value < 2n ** 64n, { error: 'beyond 64 bits' })
    .describe('kernel virtual address, such as "0xc000_0000"')

  const pageRange = z.strictObject({
    base: physical.refine(inPages, { error: 'expected a multiple of 4096: the kernel counts memory in pages' }),
    len: length.refine(inPages, { error: 'expected a multiple of 4096: the kernel counts memory in pages' }),
  })

  const name = z.string().min(1)
  const lineSize = z.union([z.literal(16), z.literal(32), z.literal(64)], { error: 'expected 16, 32 or 64 bytes' })

  const cpu = z.strictObject({
    compatible: z.string().exactOptional(),
    lineSize: lineSize.describe('bytes of one inner data cache line'),
    writebackGranule: z
      .number()
      .int()
      .min(16)
      .max(2048)
      .exactOptional()
      .describe('cache writeback granule (CTR_EL0.CWG), bytes; the line size when absent'),
    aliasing: z.boolean().default(false).describe('VIPT aliasing data cache'),
    outer: z
      .strictObject({ model: z.enum(['l210', 'pl310']), lineSize: z.literal(32) })
      .exactOptional()
      .describe('outer cache maintained by physical address'),
    emulated: z
      .boolean()
      .exactOptional()
      .describe('an emulator without caches, such as QEMU with TCG: nothing is ever stale'),
    cacheOps: z
      .enum(['none', 'checked'])
      .exactOptional()
      .describe(
        'none: no instructions for cache maintenance (RISC-V without Zicbom); checked: they fault on unmapped addresses in an emulator too',
      ),
    svpbmt: z
      .boolean()
      .exactOptional()
      .describe('RISC-V, false: page tables have no memory types, so coherent memory stays cached for the CPU'),
  })

  const reserved = z.strictObject({
    name,
    ...pageRange.shape,
    compatible: z.string().exactOptional().describe('shared-dma-pool, restricted-dma-pool, or a vendor string'),
    noMap: z.boolean().default(false),
    reusable: z.boolean().default(false),
    default: z.enum(['cma', 'dma']).exactOptional().describe('linux,cma-default or linux,dma-default'),
  })

  const layout = z.strictObject({
    pageOffset: kernelAddress.exactOptional(),
    lowmemEnd: physical.exactOptional().describe('physical end of the linear map; memory above is highmem'),
    vmalloc: z.strictObject({ start: kernelAddress, end: kernelAddress }).exactOptional(),
    bouncePool: physical
      .refine(inPages, { error: 'expected a multiple of 4096: the kernel counts memory in pages' })
      .exactOptional()
      .describe('where the kernel put its bounce pool: "software IO TLB: mapped [mem ...]" in its log'),
    pageArray: z
      .strictObject({
        base: kernelAddress.describe('address of the struct page of the first page of the first bank'),
        entrySize: z.number().int().min(4).max(256).describe('sizeof(struct page), bytes'),
        covers: z.array(pageRange).exactOptional().describe('physical ranges whose entries exist'),
        holes: z.union([z.literal('unmapped'), z.strictObject({ word: z.number().int().min(0).max(0xffff_ffff) })], {
          error: 'expected unmapped, or { word: 32-bit value }',
        }),
      })
      .exactOptional(),
  })

  const iommu = z.strictObject({ name, model: z.string(), enabled: z.boolean() })

  const maskBits = z.number({ error: 'expected the width of the mask in bits, 1 to 64' }).int().min(1).max(64)

  const device = z.strictObject({
    name,
    title: z.string().exactOptional(),
    compatible: z.string().exactOptional(),
    class: z.enum(DEVICE_CLASSES),
    coherent: z.boolean().default(false).describe("snoops the CPU's caches"),
    maskBits: maskBits
      .default(USUAL_MASK_BITS)
      .describe('width of the DMA mask, bits; a mask that is left out is a guess, and reports say so'),
    coherentMaskBits: maskBits.exactOptional(),
    busLimit: physical.exactOptional().describe('highest bus address the interconnect carries, inclusive'),
    dmaRanges: z
      .array(z.strictObject({ cpu: physical, bus: physical, len: length }))
      .min(1)
      .exactOptional(),
    iommu: name.exactOptional().describe('name of the IOMMU in front of it'),
    pools: z.array(name).default([]).describe('memory-region: names of reserved regions, in order'),
    maxSegmentSize: length.exactOptional(),
    minAlignMask: physical.exactOptional().describe('dma_parms.min_align_mask: address bits that a bounce must keep'),
    segmentBoundaryBits: maskBits
      .exactOptional()
      .describe('width of dma_parms.segment_boundary_mask; absent: none, or 32 of a PCI function'),
    oddMask: z.number().int().positive().exactOptional().describe('the mask itself where it is not a run of ones'),
    oddCoherentMask: z.number().int().positive().exactOptional(),
    driver: z.string().exactOptional(),
    driverName: z.string().exactOptional().describe('name that kernel messages give its driver'),
    iommuRegions: z
      .array(
        z.strictObject({
          base: physical,
          len: length,
          type: z.enum(['direct', 'direct-relaxable', 'reserved', 'msi', 'sw-msi'], {
            error: 'expected direct, direct-relaxable, reserved, msi or sw-msi',
          }),
        }),
      )
      .min(1)
      .exactOptional()
      .describe('bus addresses behind the IOMMU that the kernel sets aside: mapped one to one (direct), or never used'),
    pci: z
      .strictObject({
        untrusted: z.boolean().default(false).describe('behind an external-facing port'),
        windows: z
          .array(z.strictObject({ base: physical, len: length }))
          .default([])
          .describe('memory windows of the host bridge, as bus addresses'),
      })
      .exactOptional()
      .describe('a PCI function'),
  })

  return z.strictObject({
    name,
    title: z.string(),
    arch: z
      .string({ error: `expected one of ${BOARD_ARCHES.join(', ')}, or what a plug-in brings` })
      .describe(`${BOARD_ARCHES.join(', ')}, or what a plug-in brings`),
    cpu,
    memory: z.array(pageRange).min(1, { error: 'expected at least one bank of memory' }),
    reserved: z.array(reserved).default([]),
    dmaLimit: physical
      .exactOptional()
      .describe("highest CPU address that every bus with DMA windows reaches; absent: as the devices' dmaRanges say"),
    layout: layout.default({}),
    iommus: z.array(iommu).default([]),
    devices: z.array(device).default([]),
    disabled: z
      .array(
        z.strictObject({
          name,
          title: z.string().describe('path of its node'),
          compatible: z.string().exactOptional(),
          class: z.enum(DEVICE_CLASSES),
          by: z.string().exactOptional().describe('path of the node whose status it is, where that is one above'),
        }),
      )
      .exactOptional()
      .describe('devices that are there and switched off in the device tree'),
    bindings: z.record(z.string(), z.string()).default({}).describe('gst-launch element factory -> device name'),
    sources: z.record(z.string(), z.string()).exactOptional(),
    assumed: z
      .array(
        z.strictObject({
          fact: z.enum(['mask', 'line-size', 'memory', 'cma'], { error: 'expected mask, line-size, memory or cma' }),
          device: name.exactOptional().describe('whose mask'),
          why: z.string().describe('where the value comes from'),
        }),
      )
      .exactOptional()
      .describe('facts above that are guesses; take a line away once its fact is known'),
  }) satisfies z.ZodType<Machine>
})

/** JSON Schema (draft 2020-12) of a board file, for editors. */
export const machineJsonSchema = (): object => z.toJSONSchema(machineSchema(), { io: 'input' })
