// A board in a package: its YAML as text, under the name that complaints about it use.
import { readFileSync } from 'node:fs'

const file = 'tiny-camera.yaml'
const text = readFileSync(new URL(file, import.meta.url), 'utf8')

/** @type {import('@dmalab/api').PluginFactory} */
export default () => ({ name: 'dmalab-example-board', boards: [{ file, text }] })
