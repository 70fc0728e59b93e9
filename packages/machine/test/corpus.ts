// Real boards and malformed blobs lie beside the project, where they are present at all: their licences keep them out of it.
import { existsSync, readFileSync } from 'node:fs'

const FOLDER = new URL('../../../../shared/boards/', import.meta.url)

/** Name of the folder for test titles. */
export const CORPUS = '../shared/boards'
export const corpusIsHere = existsSync(FOLDER)
export const corpusBytes = (file: string): Uint8Array => readFileSync(new URL(file, FOLDER))
export const corpusJson = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as T
