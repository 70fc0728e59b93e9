// A module and all it imports in one file, as an application would build it for browsers.
import { build, defaultClientConditions, type Rolldown } from 'vite'

export interface Bundle {
  readonly code: string
  /** Modules that only Node has, by who imports them. */
  readonly ofNode: readonly string[]
}

/** What Vite puts in the place of a module that only Node has. */
const STAND_IN = '__vite-browser-external'

/** Bundles the sources of the rooms, so that no build is looked at that may be older. */
export const bundleFor = async (entry: string): Promise<Bundle> => {
  const ofNode: string[] = []
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['dmalab-src', ...defaultClientConditions] },
    plugins: [
      {
        name: 'node-imports',
        enforce: 'pre',
        resolveId(id, importer) {
          if (id.startsWith('node:')) ofNode.push(`${importer ?? '?'}: ${id}`)
          return null
        },
      },
    ],
    build: { write: false, minify: false, target: 'es2022', lib: { entry, formats: ['es'], fileName: 'bundle' } },
  })
  const [output] = (Array.isArray(built) ? built : [built]) as Rolldown.RolldownOutput[]
  const chunks = output?.output.filter((one) => one.type === 'chunk') ?? []
  const [chunk] = chunks
  if (chunk === undefined || chunks.length > 1) throw new Error(`${chunks.length} files, not one`)
  if (chunk.code.includes(STAND_IN) && ofNode.length === 0) ofNode.push('?')
  return { code: chunk.code, ofNode }
}
