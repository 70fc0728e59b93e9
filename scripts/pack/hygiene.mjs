// publint and attw read a tarball as resolvers of modules do. Packages offer ESM only: what a CommonJS program meets is left out.
import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** Ways to resolve a module that reach no ESM package. */
const WITHOUT_ESM = new Set(['node10', 'node16-cjs'])

/** What is wrong with a package, one line each. */
export const hygieneOf = async ({ file, manifest, entries }) => {
  const bytes = readFileSync(file)
  const files = entries.map(({ path, content }) => ({ name: path, data: new Uint8Array(content) }))
  const { messages } = await publint({ pkgDir: 'package', pack: { files }, level: 'suggestion', strict: true })
  const types = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)))
  const problems = types.types === false ? [{ kind: 'NoTypes' }] : types.problems
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false }) ?? message.code}`),
    ...problems
      .filter(({ resolutionKind }) => resolutionKind === undefined || !WITHOUT_ESM.has(resolutionKind))
      .filter(({ kind }) => kind !== 'CJSResolvesToESM')
      .map(({ kind, entrypoint = '', resolutionKind = '' }) => `attw: ${kind} ${entrypoint} ${resolutionKind}`),
  ].map((fault) => `${manifest.name} ${fault}`)
}
