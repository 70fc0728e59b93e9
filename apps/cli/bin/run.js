#!/usr/bin/env node
// Escape sequences only where a person reads them: a pipe stays plain even on a CI machine, where ansis would colour it.
if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR = '1'

const { execute } = await import('@oclif/core')
await execute({ dir: import.meta.url })
