import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { dmaOnly } from '../rows/trace-check.mjs'
import { CLI } from '../machines/processes.mjs'

const HOOK = fileURLToPath(new URL('../machines/cpu-at-exit.cjs', import.meta.url))

export const scale = {
  name: 'trace',
  title: 'MB of a log of DMA events alone that is piped into trace check, a process of its own',
  sizes: [5, 50, 500],
  open(megabytes) {
    const part = dmaOnly(5)
    let cost = 0
    return {
      async run() {
        const stdio = ['pipe', 'ignore', 'inherit', 'pipe']
        const child = spawn(process.execPath, ['--require', HOOK, CLI, 'trace', 'check', '-'], { stdio })
        let text = ''
        child.stdio[3].on('data', (more) => (text += more))
        const ended = once(child, 'close')
        for (let done = 0; done < megabytes; done += 5) if (!child.stdin.write(part)) await once(child.stdin, 'drain')
        child.stdin.end()
        await ended
        cost = Number(text) / 1000
      },
      costs: () => cost,
    }
  },
}
