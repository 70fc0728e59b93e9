// A symptom without a message: what to find out first, what the board says to it, and experiments on the model of that board.
import {
  type Experiment,
  type Machine,
  RUN_DEFAULTS,
  type RunSpecOptions,
  type Symptom,
  type SymptomAnswer,
} from '@dmalab/api'
import { describeBoard } from '@dmalab/machine'
import { lineForBoard } from '@dmalab/scenario'
import type { Model } from './facts/model.ts'

interface Variant {
  readonly why: string
  readonly options?: Partial<RunSpecOptions>
  readonly cmdline?: string
}

interface Advice {
  readonly questions: SymptomAnswer['questions']
  /** Which facts of a device matter, as `board show` words them. */
  readonly about: RegExp
  readonly variants: readonly Variant[]
}

/** Every cache line of a picture may be evicted at any moment: pictures of a few of them say as much. */
const SMALL = '320x240'

const BASE: Variant = { why: 'the board’s own pipeline, as it should be' }
const CACHE: Variant = {
  why: 'cache lines are evicted and fetched at any legal moment: a missing sync shows as wrong bytes',
  options: { adversarialCache: true, size: SMALL },
}
const BOUNCE: Variant = {
  why: 'every mapping is bounced: what is not synced stays in the bounce buffer',
  cmdline: 'swiotlb=force',
}
const RESTART: Variant = {
  why: 'all queues stop and start in between: buffers of before must not come back',
  options: { restart: 2 },
}

const ADVICE: Readonly<Record<Symptom, Advice>> = {
  'green-frames': {
    questions: [
      {
        ask: 'Are whole frames green, or parts and stripes?',
        how: 'whole: the buffer was never written, or is another one; stripes of 64 bytes: stale cache lines; a slant: another stride than the consumer takes',
      },
      {
        ask: 'Does it go away with copies?',
        how: 'the same line with io-mode=mmap in place of dmabuf: then sharing is the matter, not the decoder',
      },
      {
        ask: 'Which format and stride do producer and consumer agree on?',
        how: 'GST_DEBUG=v4l2*:5, and v4l2-ctl --get-fmt-video of each device',
      },
      { ask: 'Does an IOMMU stop accesses?', how: 'dmesg | grep -iE "iommu|smmu|fault"' },
    ],
    about: /snoop|bounce|reach|IOMMU/,
    variants: [
      BASE,
      CACHE,
      BOUNCE,
      { why: 'a width that is no multiple of the stride’s alignment', options: { size: '1366x768' } },
    ],
  },
  stutter: {
    questions: [
      {
        ask: 'How many buffers does each queue have?',
        how: 'GST_DEBUG=v4l2bufferpool:5 names them; fewer than the pipeline holds at once, and a device waits',
      },
      {
        ask: 'Is memory allocated or mapped for each frame?',
        how: 'dmalab record --script, then the trace: dma_alloc and dma_map_sg in the steady state',
      },
      { ask: 'Does anything copy?', how: 'perf top: memcpy, swiotlb_bounce, dcache_clean_poc' },
    ],
    about: /bounce|maintenance|reach/,
    variants: [
      BASE,
      { why: 'two buffers in each queue: does it stall?', options: { buffers: 2 } },
      { why: 'eight buffers in each queue', options: { buffers: 8 } },
      RESTART,
    ],
  },
  slow: {
    questions: [
      {
        ask: 'Who copies?',
        how: 'perf top: memcpy in user space (no zero-copy), swiotlb_bounce (a mask), dcache_clean_poc (cache maintenance)',
      },
      {
        ask: 'Are mappings bounced?',
        how: 'cat /sys/kernel/debug/swiotlb/io_tlb_used; the tracepoint swiotlb_bounced names the device',
      },
      {
        ask: 'Is the IOMMU strict?',
        how: 'cat /sys/kernel/iommu_groups/*/type: DMA is strict, DMA-FQ lazy, identity none',
      },
    ],
    about: /bounce|maintenance|reach|IOMMU/,
    variants: [
      BASE,
      BOUNCE,
      { why: 'the IOMMU invalidates at once', cmdline: 'iommu.strict=1' },
      { why: 'the IOMMU does not translate', cmdline: 'iommu.passthrough=1' },
    ],
  },
  oops: {
    questions: [
      {
        ask: 'Which functions are in the call trace?',
        how: 'dmesg, whole, from "Unable to handle" to "end trace": give it to dmalab diagnose',
      },
      {
        ask: 'Does the memory come from a pool without struct page?',
        how: 'memory-region of the device: a no-map node is such a pool',
      },
      {
        ask: 'What does the kernel’s own checker say?',
        how: 'CONFIG_DMA_API_DEBUG=y, CONFIG_DMABUF_DEBUG=y, then dmesg | grep DMA-API',
      },
    ],
    about: /struct page|pool|linear/,
    variants: [
      BASE,
      { why: 'the first allocation fails: is the error path right?', options: { inject: ['alloc:1'] } },
      { why: 'the second mapping fails', options: { inject: ['mapSg:2'] } },
      RESTART,
    ],
  },
  enomem: {
    questions: [
      { ask: 'How much CMA is there, and how much is free?', how: 'grep Cma /proc/meminfo; dmesg | grep -i cma' },
      { ask: 'Who holds it?', how: 'cat /sys/kernel/debug/dma_buf/bufinfo' },
      { ask: 'Does the device reach it?', how: 'dmalab board show on the tree: mask, windows, pool' },
      {
        ask: 'Which errno does the kernel print?',
        how: 'dmesg | grep -E "cma_alloc|alloc failed": -12 no room, -16 pages are pinned',
      },
    ],
    about: /reach|pool|CMA|mask/,
    variants: [
      BASE,
      { why: 'large pictures in many buffers', options: { size: '3840x2160', buffers: 16 } },
      { why: 'a small CMA area', cmdline: 'cma=16M' },
      { why: 'a large CMA area', cmdline: 'cma=256M' },
    ],
  },
  corrupt: {
    questions: [
      {
        ask: 'Is the damage in lines of 64 bytes?',
        how: 'compare with a good file: cmp -l; stale or overwritten cache lines have that grain',
      },
      {
        ask: 'Does it go away with uncached buffers, or on a coherent device?',
        how: 'dma-coherent in the tree of a device that snoops; never on one that does not',
      },
      {
        ask: 'Does it need a restart, or memory pressure?',
        how: 'run it with stress-ng --vm, and stop and start in between',
      },
      { ask: 'Does dma-debug see overlapping mappings?', how: 'CONFIG_DMA_API_DEBUG=y, then dmesg | grep DMA-API' },
    ],
    about: /snoop|maintenance|bounce|coheren|mapped twice/,
    variants: [BASE, CACHE, BOUNCE, { ...RESTART, options: { restart: 2, adversarialCache: true, size: SMALL } }],
  },
}

/** Pictures of an experiment: enough to use every buffer again. */
const FRAMES = 3
/** Sentences about the board. */
const SAYS = 8

export const answerSymptom = async (symptom: Symptom, model: Model): Promise<SymptomAnswer> => {
  const { questions, about, variants } = ADVICE[symptom]
  const { machine } = model
  return {
    symptom,
    questions,
    board: machine === undefined ? [] : boardSays(machine, about),
    experiments: machine === undefined ? [] : await experiments(machine, model, variants),
  }
}

/** Devices of the pipeline first: those with a class that handles pictures. */
const boardSays = (machine: Machine, about: RegExp): readonly string[] =>
  describeBoard(machine)
    .masters.toSorted((a, b) => Number(isMedia(b.class)) - Number(isMedia(a.class)))
    .flatMap(({ device, means }) => means.filter((text) => about.test(text)).map((text) => `${device}: ${text}`))
    .slice(0, SAYS)

const isMedia = (kind: string): boolean =>
  ['codec', 'converter', 'display', 'camera', 'isp', 'gpu', '2d', 'jpeg'].includes(kind)

const experiments = async (
  machine: Machine,
  model: Model,
  variants: readonly Variant[],
): Promise<readonly Experiment[]> => {
  const { line, bind } = lineForBoard(machine)
  const made: Experiment[] = []
  for (const { why, options = {}, cmdline } of variants) {
    const words = [model.kernel?.cmdline, cmdline].filter((text) => typeof text === 'string')
    const run = await model.run(
      { line },
      {
        options: { ...RUN_DEFAULTS, frames: FRAMES, bind, ...options },
        ...(cmdline === undefined ? {} : { cmdline: words.join(' ') }),
      },
    )
    // An option that this kernel or board does not have is no experiment.
    if (typeof run !== 'string') made.push(model.experiment(run, `${why} (on the model: ${run.run.verdict})`))
  }
  return made
}
