// How a report names a file: as it was given, unless that leads out of the folder where the command runs.
import { isAbsolute, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A URI reference: relative, or file:// for an absolute path and for one that begins with `..`. */
export const fileUri = (file: string): string =>
  isAbsolute(file) || /^\.\.([/\\]|$)/.test(normalize(file))
    ? pathToFileURL(file).href
    : file.split('/').map(encodeURIComponent).join('/')
