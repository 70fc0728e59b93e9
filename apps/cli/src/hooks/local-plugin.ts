// What installs plug-ins. `plugins install ./my-plugin-1.0.0.tgz`: oclif takes every word with a slash for a repository on GitHub, and waits for the network.
import { resolve } from 'node:path'
import { nearNames } from '@dmalab/api'
import type { Hook } from '@oclif/core'
import { isFolder, isThere } from '../paths.ts'
import { shown } from '../shown.ts'

/** Turns paths of tarballs and folders into `file:` addresses; a path that leads to neither ends the command. */
const localPlugin: Hook.Prerun = async function ({ Command, argv, config }) {
  // Code of a plug-in runs when it is loaded, not already when it is fetched; npm and yarn read this.
  if (Command.id.startsWith('plugins:')) process.env['npm_config_ignore_scripts'] ??= 'true'
  if (Command.id === 'plugins:uninstall') {
    const known = [...config.plugins.values()].filter(({ type }) => type !== 'core').map(({ name }) => name)
    const strange = argv.find((word) => !word.startsWith('-') && !known.some((name) => word.startsWith(name)))
    const near = strange === undefined ? [] : nearNames(strange, known, SLIP)
    if (strange !== undefined && near.length > 0)
      this.error(`${shown(strange)} is not installed: did you mean ${near.join(' or ')}?`, { exit: 2 })
  }
  if (Command.id !== 'plugins:install') return
  for (const [i, word] of argv.entries()) {
    if (word.startsWith('-') || (!looksLikePath(word) && !isThere(word))) continue
    const path = resolve(word)
    if (!isThere(path)) this.error(`${shown(word)}: there is no such file`, { exit: 2 })
    if (!isFolder(path) && !TARBALL.test(path))
      this.error(`${shown(word)}: a plug-in is a tarball (npm pack) or a folder with a package.json`, { exit: 2 })
    if (isFolder(path) && !isThere(resolve(path, 'package.json')))
      this.error(`${shown(word)}: a folder without a package.json is not a plug-in`, { exit: 2 })
    argv[i] = `file:${path}`
  }
}

const SLIP = 2
const TARBALL = /\.(tgz|tar\.gz)$/
const looksLikePath = (word: string): boolean => /^(\.{0,2}\/|~\/)/.test(word) || TARBALL.test(word)

export default localPlugin
