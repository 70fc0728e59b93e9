// The files of the project.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

const OF_NO_ONE = new Set(['node_modules', 'generated', 'dist', 'build'])
/** Files below a folder of the project, without what is installed or built: a walk into node_modules follows links to everything. */
export const walk = (folder: string): readonly string[] =>
  !existsSync(join(ROOT, folder))
    ? []
    : readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) return OF_NO_ONE.has(entry.name) ? [] : walk(path)
        return entry.isFile() ? [path] : []
      })
