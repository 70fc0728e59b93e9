#!/usr/bin/env node
// Escape sequences only where a person reads them: a pipe stays plain even on a CI machine, where ansis would colour it.
if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR = '1'

// Whoever reads may stop reading; anything else that hinders printing (a full disk) is one line.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') return
  const why = error.code === 'ENOSPC' ? 'no space is left' : error.code
  process.stderr.write(`error: standard output cannot be written: ${why}\n`)
  process.exit(2)
})

const { execute } = await import('@oclif/core')
await execute({ dir: import.meta.url })
