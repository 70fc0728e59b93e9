// What a path leads to, without reading it.
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const isThere = (path: string): boolean => existsSync(path)

export const isFolder = (path: string): boolean => isThere(path) && statSync(path).isDirectory()

export const isFile = (path: string): boolean => isThere(path) && statSync(path).isFile()

/** Without links; the path itself where it leads nowhere. */
export const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

export const namesIn = (folder: string): readonly string[] => readdirSync(folder)

/** Regular files of a folder and of those in it, sorted. Links are not followed: one may lead anywhere. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
