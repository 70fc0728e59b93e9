// What happens before oclif hands a plug-in to npm.
import { type Config, Errors } from '@oclif/core'
import { afterEach, expect, test } from 'vitest'
import localPlugin from '../src/hooks/local-plugin.ts'

const KEY = 'npm_config_ignore_scripts'
const before = process.env[KEY]
afterEach(() => {
  if (before === undefined) delete process.env[KEY]
  else process.env[KEY] = before
})

const context = {
  error(message: string, { exit }: { readonly exit: number }): never {
    throw new Errors.CLIError(message, { exit })
  },
}
const install = async (...argv: string[]): Promise<readonly string[]> => {
  const options = {
    Command: { id: 'plugins:install' },
    argv,
    config: { plugins: new Map() } as unknown as Config,
    context,
  }
  await (localPlugin as unknown as (this: typeof context, given: typeof options) => Promise<void>).call(
    context,
    options,
  )
  return argv
}

test.each([
  [undefined, 'true'],
  ['false', 'false'],
])('scripts of a plug-in are not run when it is installed, unless the user says so: %s', async (set, then) => {
  if (set === undefined) delete process.env[KEY]
  else process.env[KEY] = set
  expect(await install('some-plugin')).toEqual(['some-plugin'])
  expect(process.env[KEY]).toBe(then)
})

test('a name that nothing installed has is answered with the one that was meant', async () => {
  const plugins = new Map([['my-patch', { name: 'my-patch', type: 'user' }]])
  const options = { Command: { id: 'plugins:uninstall' }, argv: ['my-pacth'], config: { plugins }, context }
  const call = localPlugin as unknown as (this: typeof context, given: typeof options) => Promise<void>
  await expect(call.call(context, options)).rejects.toThrow('my-pacth is not installed: did you mean my-patch?')
  await call.call(context, { ...options, argv: ['my-patch'] })
})

test('a path that leads to no plug-in is refused before npm is asked', async () => {
  await expect(install('./gone.tgz')).rejects.toThrow('./gone.tgz: there is no such file')
  await expect(install(import.meta.dirname)).rejects.toThrow('without a package.json is not a plug-in')
})
