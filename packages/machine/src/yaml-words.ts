// What is wrong with a YAML text, in our words, and what to do: a parser's own are about tokens and collections.
import type { ErrorCode } from 'yaml'
import { DEEPEST } from './parse-yaml.ts'

export interface YamlComplaint {
  readonly message: string
  readonly hint?: string
}

const QUOTE = 'put the text between quotes'
const WORDS: { readonly [code in ErrorCode]?: YamlComplaint } = {
  TAB_AS_INDENT: { message: 'indented with a tab', hint: 'YAML is indented with spaces' },
  BAD_INDENT: {
    message: 'a bracket before this line is not closed, or the line is indented otherwise than those it belongs to',
    hint: 'close every [ and {, and give all keys of a level the same number of spaces',
  },
  DUPLICATE_KEY: { message: 'this key is here twice', hint: 'keep one of the two' },
  MULTIPLE_DOCS: { message: 'a second document begins here', hint: 'a file holds one: take the line with --- out' },
  MISSING_CHAR: {
    message: 'a bracket, quote or colon is missing',
    hint: 'close every [ { and quote, and write a space after each colon',
  },
  UNEXPECTED_TOKEN: { message: 'this does not belong here', hint: QUOTE },
  BAD_SCALAR_START: { message: 'a text may not begin with this character', hint: QUOTE },
  BAD_DQ_ESCAPE: {
    message: 'no such escape in double quotes',
    hint: 'write \\\\ for a backslash, or take single quotes',
  },
  BAD_DIRECTIVE: { message: 'a directive (a line that begins with %) that is not known', hint: 'take the line out' },
  BAD_ALIAS: { message: 'an alias (*name) that is not complete', hint: QUOTE },
  BLOCK_IN_FLOW: { message: 'a list or mapping by indentation inside brackets', hint: 'write it in brackets too' },
  BLOCK_AS_IMPLICIT_KEY: { message: 'two keys in one line', hint: 'begin a line for each, or use { a: 1, b: 2 }' },
  MULTILINE_IMPLICIT_KEY: { message: 'a key that goes on over several lines', hint: 'is the colon missing?' },
  KEY_OVER_1024_CHARS: { message: 'a key of more than 1024 characters', hint: 'is the colon missing?' },
  RESOURCE_EXHAUSTION: {
    message: `more than ${DEEPEST} levels of lists and mappings in one another`,
    hint: 'is a bracket not closed?',
  },
  TAG_RESOLVE_FAILED: { message: 'a tag (!name) that is not known', hint: 'take it out' },
}

/** `text` is what the parser says; its first line, without the place, stands where we have no words. */
export const yamlComplaint = (code: ErrorCode, text: string): YamlComplaint =>
  WORDS[code] ?? { message: (text.split('\n')[0] ?? text).replace(/ at line \d+, column \d+:?$/, '') }

/** What stands where a mapping of keys is wanted. */
export const kindOfValue = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a mapping' : typeof value === 'string' ? 'plain text' : `a ${typeof value}`
}
