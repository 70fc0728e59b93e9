// Loaded into a process that is measured: its CPU time, in microseconds, goes to descriptor 3 when it ends; with FIRST_LINE in its
// environment, what it had used when it first wrote to standard output.
const { writeSync } = require('node:fs')

const used = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}
let first
if (process.env.FIRST_LINE !== undefined) {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (...given) => {
    first ??= used()
    return write(...given)
  }
}
process.on('exit', () => writeSync(3, `${first ?? used()}`))
