// Device trees that lie in something larger, and which of them is meant.
import { InputError } from '@dmalab/api'
import { readFdt } from '../fdt/read.ts'
import { isOverlay } from '../overlay/fragments.ts'

export interface FoundTree {
  /** What a user writes behind `#`. */
  readonly name: string
  readonly title: string
  /** What the container itself says is to be taken. */
  readonly isDefault: boolean
  readonly blob: () => Uint8Array
}

/** The trees of one container, and what that is: `a FIT image`. */
export interface Found {
  readonly what: string
  readonly trees: readonly FoundTree[]
}

/** Trees that a message names. */
const LISTED = 12

/**
 * The tree with the name `wanted`; without one the container's own choice, or the only board among them.
 * @throws InputError that lists what there is
 */
export function chooseTree({ what, trees }: Found, file: string, wanted: string | undefined): FoundTree {
  if (wanted !== undefined) {
    const named = trees.find(({ name }) => name === wanted)
    if (named !== undefined) return named
    throw new InputError(`${what}, which holds no tree named ${wanted}`, { file }, `it has ${listed(trees)}`)
  }
  const [only, second] = trees
  if (only !== undefined && second === undefined) return only
  const boards = trees.filter((tree) => !isOverlay(readFdt(tree.blob(), file)))
  const [board, another] = boards
  const chosen = trees.find(({ isDefault }) => isDefault) ?? (another === undefined ? board : undefined)
  if (chosen !== undefined) return chosen
  const each = boards.length === 0 ? trees : boards
  throw new InputError(
    `${what} with ${each.length} ${boards.length === 0 ? 'overlays' : 'device trees'}: ${listed(each)}`,
    { file },
    `name one, such as '${file}#${each[0]?.name ?? '1'}'`,
  )
}

const listed = (trees: readonly FoundTree[]): string => {
  const words = trees.slice(0, LISTED).map(({ name, title }) => (title === '' ? name : `${name} (${title})`))
  const more = trees.length - words.length
  return `${words.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Text of a blob for a message. */
export const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60)
