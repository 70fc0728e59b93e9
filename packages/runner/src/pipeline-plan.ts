// What user space is going to do for a pipeline: stages bound to devices, and how buffers pass from one to the next.
import type { DriverNode, FrameFormat, Picture, RunOptions, RunReport } from '@dmalab/api'

/**
 * How a stage gets its pictures:
 * - `export`: the stage before exports its buffers, this one imports them
 * - `import`: this stage exports its buffers, the one before fills them
 * - `userptr`: its queue takes the addresses of the mapped buffers of the stage before
 * - `copy`: the CPU copies from mapped buffer to mapped buffer
 * - `read`: it is user space and looks at the mapped buffers of the stage before
 */
export type Hop = 'export' | 'import' | 'userptr' | 'copy' | 'read'

/** A place where pictures are made or used. */
export interface Stage {
  /** Element as the pipeline names it. */
  readonly element: string
  /** What reports call it. */
  readonly label: string
  /** null: user space. */
  readonly device: string | null
  /**
   * A decoder is fed bytes, a converter pictures; a source makes its own; a display shows frame buffers, an output the buffers that its
   * queue is given. A task is user space: it looks at
   * pictures that it is given, and makes some in memory of its own when another stage wants them.
   */
  readonly role: 'decoder' | 'converter' | 'source' | 'display' | 'output' | 'task'
  /** The node of its device that does its work; null: user space, or whatever the device has. */
  readonly node: DriverNode['kind'] | null
  /** Position of the stage that gives it pictures; null for the first. */
  readonly from: number | null
  readonly hop: Hop | null
  /** A sink whose device refuses the dma-bufs copies pictures into buffers of its own; else the line fails. */
  readonly fallsBack: boolean
  /** Its pictures are read with read(2), each into memory of the task (io-mode=rw). */
  readonly reads: boolean
  /** Its CAPTURE queue fills memory of the task (io-mode=userptr). */
  readonly fillsOwn: boolean
  /** User space that makes other pictures of those that it is given: a codec or a converter that runs on the CPU. */
  readonly worksByCpu: boolean
  /** Pictures that may wait before it (queue elements); 0: it takes each at once. */
  readonly depth: number
  /** What it is given: pictures, or what a decoder is fed; null for the first stage that is none. */
  readonly takes: FrameFormat | null
  /** What it makes; null where nothing comes out. All that it gives pictures to are given the same. */
  readonly makes: FrameFormat | null
}

export interface PipelinePlan {
  readonly name: string
  /** The bitstream: the file's bytes, or null for seeded bytes. */
  readonly bitstream: Uint8Array | null
  /** Which of the two, for the report. */
  readonly source: string
  /** What binding and negotiating the line had to tell. */
  readonly told: Pick<RunReport, 'notes' | 'assumptions' | 'ignored' | 'notExamined'>
  /** How many pictures the line or the user asks for; null: as many as a run passes by itself. */
  readonly frames: number | null
  /** What the first stage makes. */
  readonly picture: Pick<RunOptions, 'width' | 'height' | 'format'>
  /** In the order of the flow: a stage comes after the one that gives it pictures. */
  readonly stages: readonly Stage[]
}

/** A negotiated picture as drivers are told of it. */
export const frameFormat = ({ width, height, planes }: Picture): FrameFormat => ({
  width: width.value,
  height: height.value,
  planes: planes.map(({ bytes, sizeimage }) => ({ payload: bytes, size: sizeimage })),
})

/** A format that the plan must have: a stage that is given pictures, or makes some. */
export const need = (format: FrameFormat | null): FrameFormat => {
  if (format === null) throw new Error('the plan gives pictures to a stage without a format')
  return format
}

/** The same picture in one piece: read(2) knows no planes. */
export const inOnePiece = ({ planes, ...picture }: FrameFormat): FrameFormat => {
  const payload = planes.reduce((sum, plane) => sum + plane.payload, 0)
  return { ...picture, planes: [{ payload, size: payload }] }
}

const HOP_STEP: Readonly<Record<Hop, string>> = {
  export: 'QBUF dma-buf',
  import: 'QBUF filled',
  userptr: 'QBUF userptr',
  copy: 'copy and QBUF',
  read: 'read',
}

export const stepName = {
  output: (stage: Stage): string => `${stage.label}: REQBUFS output`,
  capture: (stage: Stage): string => `${stage.label}: REQBUFS capture`,
  export: (stage: Stage): string => `${stage.label}: EXPBUF`,
  own: (stage: Stage): string => `${stage.label}: user memory`,
  /** A display imports by PRIME, whatever the hop. */
  take: (stage: Stage): string =>
    stage.role === 'display'
      ? `${stage.label}: PRIME import`
      : `${stage.label}: ${HOP_STEP[stage.role === 'task' ? 'read' : (stage.hop ?? 'read')]}`,
} as const
export const FRAMES = 'all frames'
export const RESTART = 'restart'
export const RELEASE = 'release'

/** Stages that stage `index` gives its pictures to. */
const consumersOf = (plan: PipelinePlan, index: number): readonly Stage[] => plan.stages.filter((s) => s.from === index)

/** Every step of the plan, in order. */
export const planSteps = (plan: PipelinePlan, restart: boolean): string[] => {
  const steps: string[] = []
  for (const [i, stage] of plan.stages.entries()) {
    const consumers = consumersOf(plan, i)
    if (['decoder', 'converter', 'output'].includes(stage.role)) steps.push(stepName.output(stage))
    if (stage.reads || stage.fillsOwn || (stage.role === 'task' && consumers.length > 0))
      steps.push(stepName.own(stage))
    if (!stage.reads && ['decoder', 'converter', 'source'].includes(stage.role)) steps.push(stepName.capture(stage))
    if (consumers.some((consumer) => consumer.hop === 'export')) steps.push(stepName.export(stage))
  }
  for (const stage of plan.stages) if (stage.from !== null) steps.push(stepName.take(stage))
  return [...steps, ...(restart ? [RESTART] : []), FRAMES, RELEASE]
}
