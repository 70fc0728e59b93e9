// What this build of dmalab is: a digest of all its code. Two builds with the same one give the same results.
import { createHash } from 'node:crypto'
import { join, relative } from 'node:path'
import { MOST, readWhole } from '@dmalab/api/node'
import { pluginSpec, type PluginSources } from '@dmalab/lab/node'
import { filesBelow } from '../paths.ts'

/**
 * The first 16 hexadecimal digits of the SHA-256 digest of what the build has written, then 8 for each plug-in, in order.
 * @param root the folder of this package
 */
export const buildHash = (
  root: string,
  plugins: Pick<PluginSources, 'installed'>,
  given: readonly string[],
): string => {
  const hash = createHash('sha256')
  const folder = join(root, 'build')
  for (const file of modulesIn(folder)) hash.update(`${relative(folder, file)}\n`).update(readWhole(file, MOST.module))
  const brought = [...(plugins.installed ?? []).map((plugin) => plugin.root), ...given]
    .map((path) => (pluginSpec(path).hash ?? `sha256:${path}`).slice('sha256:'.length).slice(0, 8))
    .toSorted()
  return [hash.digest('hex').slice(0, 16), ...brought].join('-')
}

const modulesIn = (folder: string): readonly string[] => filesBelow(folder).filter((file) => file.endsWith('.js'))
