// A sweep file as plain data.
import { InputError, SWEEP_AXES, SWEEP_SPEC_VERSION, type SweepGrid, type SweepSpec } from '@dmalab/api'
import { checkYaml, loadYaml, placeInText } from '@dmalab/scenario'
import { sweepSchema } from './schema.ts'

/** Does the text want to be a sweep file? A scenario or a board has no such key. */
export const isSweepText = (text: string): boolean => /^\s*(?:\{\s*)?"?sweep"?\s*:/m.test(text)

/**
 * Reads YAML, or JSON. `file` is only named in messages.
 * @throws InputError for the first problem, with its line and path; its hint lists the others
 */
export const readSweepSpec = (text: string, file: string): SweepSpec => {
  const source = loadYaml(text, file, 'sweep')
  const value: unknown = source.doc.toJS()
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(
      'is not a sweep',
      { file },
      `expected sweep: ${SWEEP_SPEC_VERSION}, and axes, such as board: [...]`,
    )
  const read = checkYaml(sweepSchema, value, (path, atKey) => placeInText(source, path, atKey))
  const { sweep, name, points, exclude, lines, memory, bind, assume, plugins } = read
  const top = gridOf(read)
  return {
    sweep,
    name,
    grids: points === undefined ? [top] : points.map((point) => ({ ...top, ...gridOf(point) })),
    exclude: exclude.map(gridOf),
    lines,
    memory,
    bind,
    assume,
    plugins,
  }
}

/** The axes that were written; zod hands absent ones on as undefined. */
const gridOf = (written: { readonly [Axis in keyof SweepGrid]?: readonly string[] | undefined }): SweepGrid =>
  Object.fromEntries(
    SWEEP_AXES.flatMap((axis) => (written[axis] === undefined ? [] : [[axis, written[axis]] as const])),
  )
