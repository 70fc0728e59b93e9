// Writes dist/index.html: page, worker, engine and style in one file, which runs from disk. Nothing in it may load or run anything else:
// the policy names script and style by their digests.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'
import { build, defaultClientConditions } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A module and all it imports as one script. */
const bundle = async (entry, format = 'iife') => {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    resolve: { conditions: ['dmalab-src', ...defaultClientConditions] },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2023',
      minify: true,
      cssCodeSplit: false,
      // `name` is required of such a bundle; nothing exports through it.
      lib: {
        entry: join(root, 'src', entry),
        formats: [format],
        name: 'dmalab',
        fileName: 'bundle',
        cssFileName: 'style',
      },
    },
  })
  const { output } = Array.isArray(built) ? built[0] : built
  const script = output.find(({ type }) => type === 'chunk').code
  const style = output.find(({ fileName }) => fileName.endsWith('.css'))?.source ?? ''
  return { script: script.trim(), style: String(style).trim() }
}

/** What the page begins with, as src/first.ts computes it. */
const computed = async () => {
  const { script } = await bundle('first.ts', 'es')
  const { makeFirst } = await import(`data:text/javascript;base64,${Buffer.from(script).toString('base64')}`)
  const { version } = JSON.parse(readFileSync(join(root, '../cli/package.json'), 'utf8'))
  return JSON.stringify(await makeFirst(version))
}

const [page, worker, first] = [await bundle('main.tsx'), await bundle('worker.ts'), await computed()]

/** Text inside <script>: nothing in it may end the element, or begin what HTML takes for a comment. */
const inScript = (text) => text.replaceAll(/<(?=\/script|script|!--)/gi, String.raw`\x3C`)
const digest = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const script = inScript(page.script)
const policy = [
  "default-src 'none'",
  `script-src ${digest(script)} 'wasm-unsafe-eval'`,
  `style-src ${digest(page.style)}`,
  'worker-src blob:',
  'img-src data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')
const packed = deflateRawSync(worker.script, { level: 9 }).toString('base64url')
const block = (id, text) => `<script type="application/octet-stream" id="dmalab-${id}">${text}</script>`
const parts = {
  policy: `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
  style: `<style>${page.style}</style>`,
  first: block('first', first.replaceAll('<', String.raw`\u003C`)),
  data: block('data', ''),
  worker: block('worker', packed),
  script: `<script>${script}</script>`,
}
const html = readFileSync(join(root, 'index.html'), 'utf8').replaceAll(
  /<!-- (policy|style|first|data|worker|script) -->/g,
  (_all, part) => parts[part],
)
mkdirSync(join(root, 'dist'), { recursive: true })
writeFileSync(join(root, 'dist/index.html'), html)
