// What the page begins with. It is computed when the page is built, so that the form stands before the worker does.
import type { RunSpec } from '@dmalab/api'
import { FOUNDING_STORY, listKernels, openLaboratory, specOf } from '@dmalab/lab'

interface Named {
  readonly name: string
  readonly title: string
}

/** What can be chosen in the form. */
interface Lists {
  readonly boards: readonly Named[]
  readonly kernels: readonly Named[]
  readonly patches: readonly Named[]
}

export interface First {
  readonly lists: Lists
  /** The founding comparison, and what a newcomer must know to read it. */
  readonly spec: RunSpec
  readonly story: string
  /** Of dmalab. */
  readonly version: string
}

export const makeFirst = async (version: string): Promise<First> => {
  const { registry } = await openLaboratory()
  const { kernels, patches } = listKernels(registry)
  const named = ({ name, title }: Named): Named => ({ name, title })
  return {
    lists: {
      boards: registry.boards.names().map((name) => named(registry.boards.get(name))),
      kernels: kernels.map(named),
      patches: patches.map(named),
    },
    spec: specOf(registry, {}, 'compare'),
    story: FOUNDING_STORY,
    version,
  }
}
