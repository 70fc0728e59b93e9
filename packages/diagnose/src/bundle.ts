// A bundle as the set-up of a run: its board, kernel, configuration, command line, and the pipeline that was recorded.
import { type BoardSpec, InputError } from '@dmalab/api'
import { gather } from './facts/case-facts.ts'
import { kernelOf } from './facts/kernel.ts'
import { boardSpecOf, type ModelParts } from './facts/model.ts'
import type { Input, ReadOptions } from './input/input.ts'
import { readInputs } from './diagnose.ts'

export interface BundleParts {
  readonly board: BoardSpec
  readonly kernel: string
  readonly config: readonly string[]
  readonly cmdline: string | null
  /** The recorded command; undefined: none was recorded, or it is no pipeline. */
  readonly line: string | undefined
}

/** @throws InputError for an archive without a device tree that a board can be made of */
export const readBundle = async (
  input: Input,
  { parts, usualKernel, ...options }: Pick<ModelParts, 'parts' | 'usualKernel'> & ReadOptions,
): Promise<BundleParts> => {
  const contents = await readInputs([input], options)
  const { file } = input
  if (!contents.some(({ kind }) => kind === 'bundle'))
    throw new InputError('this is not an archive of the recording script', { file }, 'dmalab record --script makes one')
  const one = gather(contents)
  if (one.board === undefined) {
    const why = contents.find((content) => content.kind === 'tree')?.why ?? 'there is no device tree in it'
    throw new InputError(why, { file }, 'name a board: --board')
  }
  const board = boardSpecOf(one.board)
  const line = contents.find((content) => content.kind === 'line')?.line
  return { board, ...kernelOf(parts.registry, one, one.board.machine.arch, () => usualKernel(board)), line }
}
