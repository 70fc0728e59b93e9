// Files of the computer that runs go to: what pipelines name, and plug-ins.
import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { InputError, type PluginSpec } from '@dmalab/api'
import { checkFile, MOST, readStart, readWhole } from '@dmalab/api/node'
import type { HostFiles } from '@dmalab/runner'
import { loadPlugin } from '@dmalab/runner/node'

/** The first bytes of a file as the shell would find it; undefined when it is not there. */
const readUserFile = (location: string): Uint8Array | undefined => {
  const path = location.startsWith('~/') ? join(homedir(), location.slice(2)) : location
  return existsSync(path) ? readStart(path, MOST.bitstream) : undefined
}

/** A plug-in as a spec names it: with the digest of its module, or without where there is none to read. */
export const pluginSpec = (path: string): PluginSpec => ({ path, hash: digestOf(path) })

const digestOf = (path: string): string | null => {
  const module = moduleOf(path)
  return module === undefined
    ? null
    : `sha256:${createHash('sha256').update(readWhole(module, MOST.module)).digest('hex')}`
}

/** The file that is loaded: the path itself, or the entry of a package. What is wrong with it, loading says. */
const moduleOf = (path: string): string | undefined => {
  try {
    if (!statSync(path).isDirectory()) return checked(path)
    const manifest = new TextDecoder().decode(readWhole(join(path, 'package.json'), MOST.text))
    const { dmalab } = JSON.parse(manifest) as { dmalab?: { entry?: string } }
    return checked(join(path, dmalab?.entry ?? ''))
  } catch {
    return undefined
  }
}

/** @throws InputError for what is not a module's file */
const checked = (file: string): string => {
  checkFile(file, MOST.module)
  return file
}

export const HOST_FILES: HostFiles = {
  readFile: readUserFile,
  loadPlugin: async ({ path, hash }) => {
    const found = hash === null ? null : digestOf(path)
    if (found !== null && found !== hash)
      throw new InputError(
        `has changed since the spec was written: expected ${hash}, it is ${found}`,
        { file: path },
        'write the spec again, or leave out its hash',
      )
    return loadPlugin(path)
  },
}
