// The smallest command line on oclif, with a manifest, as the measure of what the framework itself costs.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MODULES = fileURLToPath(new URL('../../../apps/cli/node_modules', import.meta.url))

/** @returns its start file, in a folder that goes when this process ends */
export const bareOclif = () => {
  const folder = mkdtempSync(join(tmpdir(), 'bare-oclif-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const write = (name, text) => writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, 'commands'))
  symlinkSync(MODULES, join(folder, 'node_modules'))
  const oclif = { bin: 'bare', commands: './commands', topicSeparator: ' ' }
  write('package.json', JSON.stringify({ name: 'bare', version: '1.0.0', type: 'module', oclif }))
  write('oclif.manifest.json', JSON.stringify({ version: '1.0.0', commands: {} }))
  write('run.js', `import { execute } from '@oclif/core'\nawait execute({ dir: import.meta.url })\n`)
  return join(folder, 'run.js')
}
