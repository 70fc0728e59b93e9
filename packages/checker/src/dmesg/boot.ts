// Boot lines that say how DMA memory is laid out: notes for the reader, and facts that the problems above refer to.
import { message, type KernelMessage } from './message.ts'

const note = (title: string, pattern: RegExp, cause: string | ((match: RegExpExecArray) => string)): KernelMessage =>
  message('S4-boot', title, pattern, cause, '', [], 'note')

export const BOOT: readonly KernelMessage[] = [
  note(
    'bounce buffer',
    /software IO TLB: mapped \[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)\] \((\d+)MB\)/,
    (match) => `bounce slots lie at ${match[1]}-${match[2]} (${match[3]} MiB): a DMA address in there was bounced`,
  ),
  note(
    'everything bounces',
    /Memory encryption is active and system is using DMA bounce buffers/,
    'a confidential guest: every mapping is bounced',
  ),
  note(
    'restricted pool',
    /created restricted DMA pool at (0x[0-9a-f]+), size (\d+) MiB/,
    (match) => `devices with the pool at ${match[1]} (${match[2]} MiB) bounce everything`,
  ),
  note(
    'per-device pool',
    /created DMA memory pool at (0x[0-9a-f]+), size (\d+) ([KM]iB)/,
    (match) =>
      `coherent memory of its devices comes from ${match[1]} (${match[2]} ${match[3]}); frees to it are not traced`,
  ),
  note(
    'default coherent pool',
    /DMA: default coherent area is set/,
    'devices without a pool of their own use the default pool',
  ),
  note('pool assigned', /assigned reserved memory node (\S+)/, (match) => `the device got the region ${match[1]}`),
  note(
    'CMA',
    /created CMA memory pool at (0x[0-9a-f]+), size (\d+) MiB|cma: Reserved (\d+) MiB at (0x[0-9a-f]+)/,
    (match) => `CMA area of ${match[2] ?? match[3]} MiB at ${match[1] ?? match[4]}`,
  ),
  note(
    'atomic pool',
    /DMA: preallocated (\d+) KiB (\S+) pool for atomic allocations/,
    (match) => `${match[1]} KiB for atomic coherent allocations (${match[2]})`,
  ),
  note(
    'dma-debug',
    /DMA-API: debugging enabled by kernel config/,
    'CONFIG_DMA_API_DEBUG is on: the kernel checks mappings itself',
  ),
]
