// `node scripts/repository.mjs https://github.com/OWNER/NAME`: where this project is published, in the package.json of the root and of every
// package. Everything else (links of the site, RELEASE.md, the issue tracker) is taken from there.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { published, ROOT } from './pack/tarballs.mjs'

const [given = ''] = process.argv.slice(2)
const url = given.replace(/\/$|\.git$/, '')
if (!/^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+$/.test(url)) {
  console.error('give the address of the repository, such as https://github.com/OWNER/NAME')
  process.exit(2)
}
const old = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).homepage.replace(/#readme$/, '')
for (const folder of ['.', ...published()]) {
  const file = join(ROOT, folder, 'package.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(old, url))
}
console.log(`${old} -> ${url}`)
