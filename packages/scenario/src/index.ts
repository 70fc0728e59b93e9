// Pipelines and scenarios: what user space is to do, read from text and bound to a machine's devices.
export { parsePipeline } from './pipeline/parse-pipeline.ts'
export type { ParseOptions } from './pipeline/parse-pipeline.ts'
export { PipelineError } from './pipeline/pipeline-error.ts'
export type { PipelineErrorKind } from './pipeline/pipeline-error.ts'
export type { Pipeline, PipelineElement, PipelineLink, UnknownElement } from './pipeline/pipeline.ts'
export { printPipeline } from './pipeline/print-pipeline.ts'
