// `npm run docs`: the documentation site, offline. Pages of docs/ and what stands in packages is laid out in build/pages with links that
// work there, the library reference comes from the types, and vitepress checks every link.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { SOURCE_PAGES, sidebar } from './pages.mjs'
import { plugInPages } from './plug-in-pages.mjs'

const site = join(import.meta.dirname, '..')
const root = join(site, '..')
const pages = join(site, 'build/pages')
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const REPOSITORY = repository.url.replace(/^git\+/, '').replace(/\.git$/, '')

rmSync(join(site, 'build'), { recursive: true, force: true })
mkdirSync(pages, { recursive: true })

/** Where each source file is on the site. */
const placed = new Map(SOURCE_PAGES.map(([source, page]) => [source, page]))
for (const name of readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }))
  if (name.endsWith('.md') && !placed.has(join('docs', name))) placed.set(join('docs', name), name)

/** A link to a file of the site stays one; any other file of the repository is on its host. */
const linked = (text, source, page) =>
  text.replaceAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g, (all, path, anchor = '') => {
    if (/^[a-z]+:/.test(path)) return all
    const target = relative(root, join(root, dirname(source), path))
    const on = placed.get(target)
    if (on !== undefined) return `](${relativeTo(page, on)}${anchor})`
    if (!existsSync(join(root, target))) throw new Error(`${source}: no file ${path}`)
    return `](${REPOSITORY}/blob/main/${target})`
  })
const relativeTo = (page, other) => {
  const path = relative(dirname(page), other)
  return path.startsWith('.') ? path : `./${path}`
}

/** Vue would take what stands in angle brackets, and double braces, for its own outside of code. */
const plain = (text) =>
  text
    .split(/(```[^]*?```|`[^`\n]*`)/)
    .map((part, i) =>
      i % 2 === 1 ? part : part.replaceAll(/<(?=[A-Za-z/])/g, '&lt;').replaceAll('{{', '&#123;&#123;'),
    )
    .join('')

const { version } = JSON.parse(readFileSync(join(root, 'apps/cli/package.json'), 'utf8'))
const made = plugInPages(version)
for (const [page] of made) placed.set(join('site/pages', page), page)

for (const [page, text] of made) {
  mkdirSync(dirname(join(pages, page)), { recursive: true })
  writeFileSync(join(pages, page), plain(text))
}
for (const [source, page] of placed) {
  if (!existsSync(join(root, source))) continue
  const target = join(pages, page)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, plain(linked(readFileSync(join(root, source), 'utf8'), source, page)))
}
for (const name of readdirSync(join(root, 'docs')).filter((one) => one.endsWith('.schema.json')))
  cpSync(join(root, 'docs', name), join(pages, 'public', name))

const run = (program, ...args) =>
  execFileSync(join(site, 'node_modules/.bin', program), args, { cwd: site, stdio: ['ignore', 'inherit', 'inherit'] })

run('typedoc', '--options', 'typedoc.json')
mkdirSync(join(pages, '.vitepress'), { recursive: true })
const config = {
  title: 'dmalab',
  description: 'A laboratory for DMA buffers',
  cleanUrls: false,
  outDir: join(site, 'build/site'),
  // Nothing is loaded from elsewhere.
  themeConfig: { search: { provider: 'local' }, sidebar, outline: [2, 3], socialLinks: [] },
}
writeFileSync(join(pages, '.vitepress/config.mjs'), `export default ${JSON.stringify(config, null, 2)}\n`)
run('vitepress', 'build', 'build/pages')
console.log(`site/build/site: ${placed.size} pages and the library reference; every link leads to a page or a file`)
