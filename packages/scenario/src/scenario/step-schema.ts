// Every step: its fields, what it does, and an example. The pages for people and for editors are made from this.
import { ERRNO, FINDINGS, madeOnce, SEVERITIES, VERDICTS } from '@dmalab/api'
import { z } from 'zod'
import { attrs, bytes, deviceName, dir, index, name, nents, positiveBytes } from './values.ts'

export const errno = z.enum(Object.keys(ERRNO))
export const finding = z.enum(Object.keys(FINDINGS))
export const verdict = z.enum(VERDICTS)

/** What people and editors read of a step. */
interface Told {
  readonly description: string
  readonly examples: readonly Readonly<Record<string, unknown>>[]
}

const step = <Name extends string, Fields extends z.core.$ZodLooseShape>(
  does: Name,
  description: string,
  fields: Fields,
  example: Readonly<Record<string, unknown>>,
) =>
  z
    .strictObject({ do: z.literal(does), ...fields })
    .meta({ description, examples: [{ do: does, ...example }] } satisfies Told)

const buffer = name.describe('the buffer')
const device = deviceName.describe('the device')
const direction = dir.describe('direction')
const part = {
  offset: bytes.optional().describe('first byte; 0 when absent'),
  len: positiveBytes.optional().describe('bytes; all that follow when absent'),
}
const onBuffer = { buffer }
const onDevice = { buffer, device }
const onQueue = { device, queue: z.enum(['capture', 'output']).describe('which queue of the video device') }
const slot = index.describe('number of the buffer in its queue')
const attributes = attrs.describe('DMA attributes by name, such as SKIP_CPU_SYNC')
const entries = nents.optional().describe('entries of the list; all of them when absent')
const mapCall = z.enum(['sg', 'page']).describe('dma_map_sg() or dma_map_page(), and what undoes it; sg when absent')
const sgCopy = {
  ...onBuffer,
  device: deviceName.optional().describe('takes the list that this device has mapped; else one is made of the buffer'),
  skip: bytes.optional().describe('bytes of the list to pass over (sg_pcopy_*)'),
  len: positiveBytes.optional().describe('bytes; all that follow when absent'),
  nents: entries,
}
const fileIo = { ...onDevice, len: positiveBytes.optional().describe('bytes; all of the buffer when absent') }

const FRAME = { buffer: 'frame', device: 'converter' }
const CAPTURE = { device: 'codec', queue: 'capture' }

export const stepSchema = madeOnce(() =>
  z.discriminatedUnion('do', [
    step(
      'alloc',
      'Takes memory, under a name.',
      {
        ...onBuffer,
        size: positiveBytes.describe('bytes'),
        from: z
          .enum(['coherent', 'pages', 'system-heap', 'cma-heap', 'udmabuf', 'dumb', 'device-memory', 'user'])
          .describe(
            'coherent memory of a device, pages, a dma-buf heap, a dumb buffer of a display, memory of a PCI device (a BAR, exported without struct page), memory of a task',
          ),
        device: deviceName.optional().describe('whose coherent memory or dumb buffer it is'),
        attrs: attributes.optional().describe('coherent memory: DMA attributes of its queue, such as WRITE_COMBINE'),
        above: bytes.optional().describe('pages only: nothing below this address, highmem too'),
        at: bytes.optional().describe('device-memory only: where it lies, a physical address'),
        gfp: z
          .enum(['kernel', 'atomic'])
          .optional()
          .describe('coherent memory of dma_alloc_attrs() itself, for a caller that may sleep or not'),
      },
      { buffer: 'frame', size: '64KiB', from: 'coherent', device: 'codec' },
    ),
    step('free', 'Gives the memory back.', onBuffer, { buffer: 'frame' }),
    step('export', 'Makes a dma-buf of coherent memory, and a descriptor of it.', onBuffer, { buffer: 'frame' }),
    step('close', 'close(2) of the descriptor.', onBuffer, { buffer: 'frame' }),
    step(
      'attach',
      'dma_buf_attach().',
      {
        ...onDevice,
        peer2peer: z
          .boolean()
          .optional()
          .describe('dma_buf_dynamic_attach() by an importer that takes memory of other devices (allow_peer2peer)'),
      },
      FRAME,
    ),
    step('detach', 'dma_buf_detach().', onDevice, FRAME),
    step(
      'map',
      'dma_buf_map_attachment() of what was exported and attached; else dma_map_sg() or dma_map_page() of the buffer.',
      {
        ...onDevice,
        dir: direction,
        attrs: attributes.optional(),
        as: mapCall.optional(),
        nents: entries,
        ...part,
      },
      { ...FRAME, dir: 'TO_DEVICE' },
    ),
    step(
      'unmap',
      'Undoes the mapping as it was made, but for what is stated here.',
      {
        ...onDevice,
        dir: direction.optional(),
        attrs: attributes.optional(),
        as: mapCall.optional(),
        nents: entries,
        len: positiveBytes.optional().describe('dma_unmap_page() only: bytes'),
      },
      FRAME,
    ),
    step(
      'iova-alloc',
      'dma_iova_try_alloc(): the device takes bus addresses for the buffer, with nothing behind them yet (since v6.16, behind an IOMMU).',
      { ...onDevice, size: positiveBytes.optional().describe('bytes; those of the buffer when absent') },
      FRAME,
    ),
    step(
      'iova-link',
      'dma_iova_link(): bytes of the buffer are put behind its bus addresses, at the same place.',
      { ...onDevice, dir: direction, attrs: attributes.optional(), ...part },
      { ...FRAME, dir: 'TO_DEVICE', len: '4KiB' },
    ),
    step('iova-sync', 'dma_iova_sync(): the device may use what is linked.', onDevice, FRAME),
    step('iova-unlink', 'dma_iova_unlink(): the addresses stay taken.', { ...onDevice, ...part }, FRAME),
    step('iova-free', 'dma_iova_free(): gives the addresses back; nothing may be linked.', onDevice, FRAME),
    step(
      'iova-destroy',
      'dma_iova_destroy(): unlinks from the first byte on, and gives the addresses back.',
      { ...onDevice, len: positiveBytes.optional().describe('bytes that are linked; as the links say when absent') },
      FRAME,
    ),
    step(
      'reuse-table',
      "sg_set_page() of another buffer on the device's table of this one, and a new mapping of that table.",
      { ...onDevice, with: name.describe('the other buffer') },
      { ...FRAME, with: 'other' },
    ),
    step(
      'touch-pages',
      "The device's driver takes the entries for page structures: get_page() on each.",
      onDevice,
      FRAME,
    ),
    step(
      'declare-pool',
      'dma_declare_coherent_memory(): memory becomes the pool of a device.',
      { device, base: bytes.describe('physical address'), size: positiveBytes.describe('bytes') },
      { device: 'codec', base: '0x5100_0000', size: '8MiB' },
    ),
    step(
      'release-pool',
      'dma_release_declared_memory(): the device has no pool any more, whatever of it is in use.',
      { device },
      { device: 'codec' },
    ),
    step(
      'set-mask',
      'dma_set_mask(), or dma_set_coherent_mask().',
      {
        device,
        bits: z.int().min(1).max(64).describe('width of the mask'),
        coherent: z.boolean().optional().describe('the mask of coherent memory, not that of mappings'),
      },
      { device: 'codec', bits: 36 },
    ),
    step(
      'unbind',
      "The device's driver lets go of it: its files are closed, what it left mapped stays so.",
      { device },
      { device: 'codec' },
    ),
    step('vmap', 'dma_buf_vmap(), and the CPU compares what it finds there.', onBuffer, { buffer: 'frame' }),
    step(
      'mmap',
      'mmap(2) with an offset: of the descriptor where there is one, else dma_mmap_attrs() of coherent memory by its driver; a task compares what it finds there.',
      { ...onBuffer, ...part },
      { buffer: 'frame', offset: '8KiB' },
    ),
    step('linear-write', "The CPU writes through the kernel's linear mapping, an alias of other mappings.", onBuffer, {
      buffer: 'frame',
    }),
    step(
      'kmap',
      'dma_buf_kmap() of one page (until v5.6), and the CPU compares what it finds there.',
      { ...onBuffer, page: z.int().nonnegative().optional().describe('number of the page; 0 when absent') },
      { buffer: 'frame', page: 1 },
    ),
    step(
      'sg-table',
      'A list over buffers or parts of them, under a name of its own, to map at once.',
      {
        ...onBuffer,
        of: z
          .array(z.union([name, z.strictObject({ ...onBuffer, ...part })]))
          .min(1)
          .max(4096)
          .describe('what each entry covers: a buffer by name, or bytes of one'),
        device: deviceName.optional().describe('takes the entries of what this device has mapped as they are there'),
      },
      { buffer: 'list', of: ['frame', { buffer: 'other', offset: '4KiB', len: '8KiB' }] },
    ),
    step('sg-copy-to-buffer', 'sg_copy_to_buffer(), and the CPU compares what it got.', sgCopy, {
      buffer: 'list',
      skip: '4KiB',
    }),
    step('sg-copy-from-buffer', 'sg_copy_from_buffer() of new bytes.', sgCopy, { buffer: 'list', len: '8KiB' }),
    step(
      'scatterlist',
      'sg_alloc_table(): how many chunks a list of so many entries takes.',
      { entries: z.int().min(0).max(1_000_000).describe('entries') },
      { entries: 300 },
    ),
    step(
      'sync',
      'dma_sync_sg_for_*(); with bytes, or of one page, dma_sync_single_for_*().',
      {
        ...onDevice,
        for: z.enum(['cpu', 'device']).describe('who gets the buffer'),
        dir: direction,
        nents: entries,
        ...part,
      },
      { ...FRAME, for: 'cpu', dir: 'FROM_DEVICE' },
    ),
    step(
      'begin-cpu-access',
      'DMA_BUF_IOCTL_SYNC with START.',
      { ...onBuffer, dir: direction },
      { buffer: 'frame', dir: 'FROM_DEVICE' },
    ),
    step(
      'end-cpu-access',
      'DMA_BUF_IOCTL_SYNC with END.',
      { ...onBuffer, dir: direction },
      { buffer: 'frame', dir: 'FROM_DEVICE' },
    ),
    step(
      'device-read',
      'The device reads the buffer and compares it with what was written.',
      { ...onDevice, ...part },
      FRAME,
    ),
    step('device-write', 'The device writes the buffer.', { ...onDevice, ...part }, FRAME),
    step(
      'cpu-read',
      'A task maps the buffer, reads it and compares it with what was written.',
      { ...onBuffer, ...part },
      {
        buffer: 'frame',
      },
    ),
    step('cpu-write', 'A task maps the buffer and writes it.', { ...onBuffer, ...part }, { buffer: 'frame' }),
    step(
      'reqbufs',
      'VIDIOC_REQBUFS.',
      {
        ...onQueue,
        memory: z.enum(['MMAP', 'USERPTR', 'DMABUF']).describe('where the memory comes from'),
        count: index.describe('buffers'),
      },
      { ...CAPTURE, memory: 'MMAP', count: 4 },
    ),
    step('read', 'read(2) of a capture queue into memory of a task.', fileIo, { buffer: 'copy', device: 'camera' }),
    step('write', 'write(2) of memory of a task to an output queue.', fileIo, { buffer: 'copy', device: 'codec' }),
    step(
      'queue-attrs',
      "vb2_queue.dma_attrs, as the device's driver sets it before its queue is used: what every allocation of the queue gets.",
      { ...onQueue, attrs: attributes },
      { ...CAPTURE, attrs: ['NO_KERNEL_MAPPING'] },
    ),
    step('querybuf', 'VIDIOC_QUERYBUF.', { ...onQueue, index: slot }, { ...CAPTURE, index: 0 }),
    step(
      'qbuf',
      'VIDIOC_QBUF.',
      {
        ...onQueue,
        index: slot,
        buffers: z.array(name).min(1).max(8).optional().describe('dma-bufs, one for each plane'),
      },
      { ...CAPTURE, index: 0 },
    ),
    step('dqbuf', 'The device works, then VIDIOC_DQBUF.', onQueue, CAPTURE),
    step(
      'expbuf',
      'VIDIOC_EXPBUF: the dma-buf gets a name.',
      {
        ...onQueue,
        ...onBuffer,
        index: slot,
        plane: z.int().min(0).max(7).optional().describe('plane; 0 when absent'),
      },
      { ...CAPTURE, index: 0, buffer: 'frame' },
    ),
    step('streamon', 'VIDIOC_STREAMON.', onQueue, CAPTURE),
    step('streamoff', 'VIDIOC_STREAMOFF.', onQueue, CAPTURE),
    step(
      'wait',
      'Nothing happens for so long, but for timers.',
      { ms: z.number().positive().max(3_600_000).describe('milliseconds') },
      { ms: 10 },
    ),
    z
      .strictObject({
        do: z.literal('expect'),
        errno: errno.optional().describe('the step before failed with this'),
        finding: finding.optional().describe('code of a finding'),
        severity: z.enum(SEVERITIES).optional().describe('severity of that finding, or of the worst one'),
        verdict: verdict.optional().describe('what came of the run'),
        says: z.string().optional().describe('words that the step before must have said'),
      })
      .refine(
        ({ errno: a, finding: b, verdict: c, says: d }) => a ?? b ?? c ?? d,
        'expected an errno, a finding, a verdict or words to expect',
      )
      .meta({
        description:
          'What must be true of the step before (errno, says), or of the run up to here (finding, severity, verdict).',
        examples: [{ do: 'expect', verdict: 'works' }],
      } satisfies Told),
  ]),
)
