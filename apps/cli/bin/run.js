#!/usr/bin/env node
// Escape sequences only where a person reads them: a pipe stays plain even on a CI machine, where ansis would colour it.
if (!process.stdout.isTTY && process.env.FORCE_COLOR === undefined) process.env.NO_COLOR = '1'

// oclif's own texts are as wide as ours; it does not count what they stand in by.
const wide = Number(process.env.COLUMNS) || process.stdout.columns || 80
process.env.OCLIF_COLUMNS ??= String(Math.min(Math.max(wide, 40), 99) - 4)

// Whoever reads may stop reading; anything else that hinders printing (a full disk) is one line.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') return
  const why = error.code === 'ENOSPC' ? 'no space is left' : error.code
  process.stderr.write(`error: standard output cannot be written: ${why}\n`)
  process.exit(2)
})

// oclif reads a library of 50 files to warn of old Nodes; by `engines`, npm has.
process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1'
const { flush, handle, run } = await import('../build/program.js')
const argv = process.argv.slice(2)
try {
  await run(argv, import.meta.url)
  void flush()
} catch (error) {
  const { jsonOfLastError } = await import('../build/last-error.js')
  const answer = jsonOfLastError(error, argv)
  if (answer === undefined) await handle(error)
  else {
    process.stdout.write(`${JSON.stringify(answer.json, null, 2)}\n`)
    process.exitCode = answer.exit
  }
}
