// The commands as oclif lists them, as completion needs them.
import type { Config } from '@oclif/core'
import type { KnownCommand } from './candidates.ts'

export const knownCommands = (config: Config): readonly KnownCommand[] =>
  config.commands
    .filter(({ hidden }) => hidden !== true)
    .map(({ id, summary, description, flags, args }) => ({
      words: id.split(':'),
      about: firstLine(summary ?? description),
      flags: Object.values(flags)
        .filter((flag) => flag.hidden !== true)
        .map((flag) => ({
          name: flag.name,
          ...(flag.char === undefined ? {} : { char: flag.char }),
          about: firstLine(flag.summary ?? flag.description),
          takesValue: flag.type === 'option',
          repeats: flag.type === 'option' && flag.multiple === true,
          options: flag.type === 'option' ? (flag.options ?? []) : [],
        })),
      args: Object.values(args).map(({ name, options }) => ({ name, options: options ?? [] })),
    }))

const firstLine = (text = ''): string => text.split('\n')[0] ?? ''
