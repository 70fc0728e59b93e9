// Loads a plug-in from a file or folder, and refuses a bad one with what is wrong, where, and how to mend it.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InputError, isInputError, type Plugin, PLUGIN_API, pluginApi, type PluginManifest } from '@dmalab/api'

/** @param path a module file, or a folder whose package.json has a "dmalab" manifest. @throws InputError for a plug-in that cannot be used */
export const loadPlugin = async (path: string): Promise<Plugin> => {
  const at = resolve(path)
  if (!existsSync(at)) throw new InputError('there is no such plug-in', { file: path })
  const folder = statSync(at).isDirectory()
  const manifest = folder ? readManifest(path, at) : undefined
  const entry = manifest === undefined ? at : join(at, manifest.entry ?? '')
  if (!existsSync(entry))
    throw new InputError(
      `dmalab.entry names '${manifest?.entry ?? ''}', which is not there`,
      { file: join(path, 'package.json') },
      'build the plug-in first',
    )
  const module = await importModule(path, entry)
  checkContract(path, manifest ?? module['dmalab'], folder)
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
    manifest = (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>)['dmalab']
  } catch {
    throw new InputError(
      'cannot be read as JSON',
      { file },
      'a plug-in folder needs a package.json with "dmalab": { "api": 1, "entry": ... }',
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
  const where = folder ? '"dmalab": { "api": 1 } in package.json' : 'export const dmalab = { api: 1 }'
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
  if (typeof plugin !== 'object' || plugin === null || typeof (plugin as Plugin).name !== 'string')
    throw new InputError('its default export does not return a plug-in with a name', { file: path })
  return checkKinds(path, plugin as Plugin)
}

const KINDS = ['kernels', 'ops', 'patches', 'allocators', 'drivers', 'boards', 'checkerRules'] as const

/** Every kind is an array of objects with names, and nothing else is there: a misspelt kind would be lost in silence. */
const checkKinds = (path: string, plugin: Plugin): Plugin => {
  for (const key of Object.keys(plugin)) {
    if (key === 'name') continue
    if (!(KINDS as readonly string[]).includes(key))
      throw new InputError(
        `plug-in ${plugin.name} brings '${key}', which is no kind of plug-in`,
        { file: path },
        `kinds: ${KINDS.join(', ')}`,
      )
    const list: unknown = plugin[key as (typeof KINDS)[number]]
    const named = key === 'boards' ? 'text' : 'name'
    const good =
      Array.isArray(list) &&
      list.every(
        (one: unknown) =>
          typeof one === 'object' && one !== null && typeof (one as Record<string, unknown>)[named] === 'string',
      )
    if (!good)
      throw new InputError(`'${key}' of plug-in ${plugin.name} must be an array of objects with a ${named}`, {
        file: path,
      })
  }
  return plugin
}

const messageOf = (e: unknown): string => (e instanceof Error ? e.message : String(e))
