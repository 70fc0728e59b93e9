// The plug-ins that `dmalab plugins install|link` knows.
import type { InstalledPlugin } from '@dmalab/lab/node'
import type { Config } from '@oclif/core'
import { realPath } from './paths.ts'

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
