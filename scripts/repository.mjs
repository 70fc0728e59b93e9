// `node scripts/repository.mjs ADDRESS`: where this project is published, in the package.json of the root and of every
// package. Everything else (links of the site, RELEASE.md, the issue tracker) is taken from there.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf, refuse } from './arguments.mjs'
import { published, ROOT } from './pack/tarballs.mjs'

const COMMAND = {
  call: 'node scripts/repository.mjs',
  about: 'Writes where this project is published into the package.json of the root and of every package.',
  words: 'ADDRESS',
  examples: ['https://github.com/OWNER/NAME'],
}
const { words } = argumentsOf(COMMAND)
const [given = ''] = words
const url = given.replace(/\/$|\.git$/, '')
if (words.length !== 1 || !/^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+$/.test(url))
  refuse(COMMAND, 'give the address of the repository, such as https://github.com/OWNER/NAME')
const old = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).homepage.replace(/#readme$/, '')
for (const folder of ['.', ...published()]) {
  const file = join(ROOT, folder, 'package.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(old, url))
}
console.log(`${old} -> ${url}`)
