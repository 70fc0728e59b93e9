// The example in each room's README imports what the rooms export.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { products, ROOT } from './house.ts'

const examples = products
  .map(({ name, folder }) => ({ name, file: join(ROOT, folder, 'README.md') }))
  .filter(({ file }) => existsSync(file))
  .map(({ name, file }) => {
    const text = readFileSync(file, 'utf8')
    const imports = [...text.matchAll(/^\s*import (?:type )?\{([^}]*)\} from '([^']+)'/gm)].flatMap(
      ([line = '', names = '', from = '']) =>
        line.trimStart().startsWith('import type')
          ? []
          : names.split(',').map((one) => ({ from, name: one.replace(/ as .*/, '').trim() })),
    )
    return [
      name,
      imports.filter((one) => one.name !== '' && one.from.startsWith('@dmalab/') && !one.name.startsWith('type ')),
    ] as const
  })

/** `@dmalab/machine/node` -> the sources of that entry. */
const sourceOf = (specifier: string): string => {
  const [, room = specifier, entry = ''] = /^@dmalab\/([^/]+)(.*)$/.exec(specifier) ?? []
  const found = products.find(({ name }) => name === room)
  const source = found?.json.exports?.[`.${entry}`]?.['dmalab-src']
  if (found === undefined || source === undefined) throw new Error(`no room has the entry ${specifier}`)
  return join(ROOT, found.folder, source)
}

describe('what examples import is exported', () => {
  test.each(examples.filter(([, imports]) => imports.length > 0))('%s', async (_name, imports) => {
    const missing: string[] = []
    for (const { from, name } of imports) {
      const module = (await import(sourceOf(from))) as object
      if (!(name in module)) missing.push(`${from} has no ${name}`)
    }
    expect(missing).toEqual([])
  })

  test('most rooms have an example with imports', () => {
    expect(examples.filter(([, imports]) => imports.length > 0).length).toBeGreaterThan(15)
  })
})
