// What user space is going to do for a pipeline: stages bound to devices, and how buffers pass from one to the next.
import type { FrameFormat, RunOptions } from '@dmalab/api'

/** How a stage takes its input or gives its output. */
export type IoMode = 'mmap' | 'dmabuf' | 'dmabuf-import' | 'userptr'

/** An element that is a device. */
export interface Stage {
  /** Element as the pipeline names it. */
  readonly element: string
  readonly device: string
  /** A decoder is fed bytes, a converter pictures; a source makes pictures of its own; a display shows them. */
  readonly role: 'decoder' | 'converter' | 'source' | 'display'
  /** How it gets pictures from the stage before it. */
  readonly input: IoMode
  /** How the next stage gets its pictures. */
  readonly output: IoMode
}

export interface PipelinePlan {
  readonly name: string
  /** The bitstream: the file's bytes, or null for seeded bytes. `label` says which, for the report. */
  readonly bitstream: Uint8Array | null
  readonly source: string
  readonly stages: readonly Stage[]
}

const align = (n: number, to: number): number => Math.ceil(n / to) * to

/** NV12 in two planes. The hardware works in 16-line macroblock rows, so a plane has room for whole ones. */
export const nv12 = ({ width, height }: RunOptions): FrameFormat => ({
  width,
  height,
  planes: [
    { payload: width * height, size: width * align(height, 16) },
    { payload: (width * height) / 2, size: (width * align(height, 16)) / 2 },
  ],
})

/** Room for one coded picture in a decoder's OUTPUT buffer, bytes. */
export const BITSTREAM_BUFFER = 2 ** 20
/** Bytes of one coded picture when nothing else decides. */
export const CODED_PICTURE = 2 ** 15

export const bitstreamFormat = (options: RunOptions): FrameFormat => ({
  width: options.width,
  height: options.height,
  planes: [{ payload: CODED_PICTURE, size: BITSTREAM_BUFFER }],
})

/** Every step of the plan, in order. */
export const planSteps = (plan: PipelinePlan): string[] => {
  const steps: string[] = []
  for (const [i, stage] of plan.stages.entries()) {
    const next = plan.stages[i + 1]
    if (stage.role === 'decoder' || stage.role === 'converter') steps.push(stepName.output(stage))
    if (stage.role !== 'display') steps.push(stepName.capture(stage))
    if (next !== undefined && stage.role !== 'display') steps.push(stepName.export(stage))
  }
  for (const stage of plan.stages.slice(1)) steps.push(stepName.import(stage))
  steps.push(FRAMES, RELEASE)
  return steps
}

export const stepName = {
  output: (stage: Stage): string => `${stage.device}: REQBUFS output`,
  capture: (stage: Stage): string => `${stage.device}: REQBUFS capture`,
  export: (stage: Stage): string => `${stage.device}: EXPBUF`,
  import: (stage: Stage): string =>
    stage.role === 'display' ? `${stage.device}: PRIME import` : `${stage.device}: QBUF dma-buf`,
} as const
export const FRAMES = 'all frames'
export const RELEASE = 'release'
