// Loads a plug-in from a file or folder, and refuses a bad one with what is wrong, where, and how to fix it.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InputError, isInputError, type Plugin, PLUGIN_API, pluginApi, type PluginManifest } from '@dmalab/api'
import { checkFile, MOST, readWhole } from '@dmalab/api/node'
import { checkPlugin } from '../plugin-shape.ts'

/**
 * @param from a module file, or a folder whose package.json has a "dmalab" manifest
 * @param path how complaints name it: an installed one by its package, so that no report holds a path of this machine
 * @throws InputError for a plug-in that cannot be used
 */
export const loadPlugin = async (from: string, path: string = from): Promise<Plugin> => {
  const at = resolve(from)
  if (!existsSync(at)) throw new InputError('there is no such plug-in', { file: path })
  const folder = statSync(at).isDirectory()
  const manifest = folder ? readManifest(path, at) : undefined
  // Before anything of it runs: a plug-in of another contract may not even load.
  if (manifest !== undefined) checkContract(path, manifest, true)
  const entry = manifest === undefined ? at : join(at, manifest.entry ?? '')
  if (!existsSync(entry))
    throw new InputError(
      `dmalab.entry names '${manifest?.entry ?? ''}', which is not there`,
      { file: join(path, 'package.json') },
      'build the plug-in first',
    )
  checkModule(path, entry)
  const module = await importModule(path, entry)
  if (manifest === undefined) checkContract(path, module['dmalab'], false)
  const factory = module['default']
  if (typeof factory !== 'function')
    throw new InputError(
      'has no default export that is a function',
      { file: path },
      'export default (api) => ({ name: ..., patches: [...] })',
    )
  return callFactory(path, factory as (api: unknown) => unknown)
}

const readManifest = (path: string, folder: string): PluginManifest => {
  const file = join(path, 'package.json')
  let manifest: unknown
  try {
    const text = new TextDecoder().decode(readWhole(join(folder, 'package.json'), MOST.text))
    manifest = (JSON.parse(text) as Record<string, unknown>)['dmalab']
  } catch {
    throw new InputError(
      'cannot be read as JSON',
      { file },
      `a plug-in folder needs a package.json with "dmalab": { "api": ${PLUGIN_API}, "entry": ... }`,
    )
  }
  if (typeof manifest !== 'object' || manifest === null || typeof (manifest as PluginManifest).entry !== 'string')
    throw new InputError(
      'has no "dmalab" manifest with an entry',
      { file },
      `add "dmalab": { "api": ${PLUGIN_API}, "entry": "./index.js" }`,
    )
  return manifest as PluginManifest
}

/** Node would wait for a pipe, and read a device without end. @throws InputError that names the plug-in as it was given */
const checkModule = (path: string, entry: string): void => {
  try {
    checkFile(entry, MOST.module)
  } catch (e) {
    throw isInputError(e) ? new InputError(e.message.replace(`${entry}: `, ''), { file: path }) : e
  }
}

const importModule = async (path: string, entry: string): Promise<Record<string, unknown>> => {
  try {
    return (await import(pathToFileURL(entry).href)) as Record<string, unknown>
  } catch (e) {
    throw new InputError(
      `throws when it is loaded: ${messageOf(e)}`,
      { file: path },
      'load it alone with node to see where',
    )
  }
}

const checkContract = (path: string, manifest: unknown, folder: boolean): void => {
  const number = typeof manifest === 'object' && manifest !== null ? (manifest as PluginManifest).api : undefined
  if (number === PLUGIN_API) return
  const where = folder
    ? `"dmalab": { "api": ${PLUGIN_API} } in package.json`
    : `export const dmalab = { api: ${PLUGIN_API} }`
  if (number === undefined)
    throw new InputError('does not say which plug-in contract it follows', { file: path }, `add ${where}`)
  throw new InputError(
    `follows plug-in contract ${String(number)}, this is contract ${PLUGIN_API}`,
    { file: path },
    number > PLUGIN_API ? 'install a newer dmalab' : 'install a newer version of the plug-in',
  )
}

const callFactory = (path: string, factory: (api: unknown) => unknown): Plugin => {
  let plugin: unknown
  try {
    plugin = factory(pluginApi)
  } catch (e) {
    if (isInputError(e)) throw e
    throw new InputError(`its default export throws: ${messageOf(e)}`, { file: path })
  }
  return checkPlugin(plugin, { file: path })
}

const messageOf = (e: unknown): string => (e instanceof Error ? e.message : String(e))
