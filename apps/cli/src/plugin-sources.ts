// Where a command's plug-ins come from: what `dmalab plugins install|link` knows, and --plugin.
import { realpathSync } from 'node:fs'
import type { InputError } from '@dmalab/api'
import type { Config } from '@oclif/core'

export interface InstalledPlugin {
  /** Package name. */
  readonly name: string
  /** Folder of its package.json. */
  readonly root: string
}

export interface PluginSources {
  /** Paths of --plugin, in order. */
  readonly given?: readonly string[]
  readonly installed?: readonly InstalledPlugin[]
  /** Told of an installed plug-in that cannot be used; the command goes on without it. */
  readonly onBroken?: (name: string, error: InputError) => void
}

/**
 * Installed and linked packages with a "dmalab" manifest; others bring commands only, which is oclif's business. One that is given
 * by path as well is loaded once, as given: that is how its author tries a new version.
 */
export const installedPlugins = (config: Config, given: readonly string[]): readonly InstalledPlugin[] => {
  const paths = new Set(given.map(realPath))
  return [...config.plugins.values()]
    .filter(({ type, pjson, root }) => type !== 'core' && 'dmalab' in pjson && !paths.has(realPath(root)))
    .map(({ name, root }) => ({ name, root }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
