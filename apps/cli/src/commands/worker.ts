import { availableParallelism } from 'node:os'
import { type Executor, runOn } from '@dmalab/lab'
import { openRegistry, pluginSpec } from '@dmalab/lab/node'
import { plural } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG } from '../base-command.ts'
import { buildHash } from '../sweep/build-hash.ts'
import { threads } from '../sweep/open-sweep.ts'
import { loadQueue } from '../sweep/queue.ts'

export default class Worker extends BaseCommand {
  static override summary = 'Run points of sweeps that others put in a queue.'
  static override description = `Serves until it is interrupted: points that run are finished, others are left.
It runs only points of its own build with the same plug-ins; plug-ins are those installed here and those of --plugin, never what a point names.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --queue redis://:secret@192.0.2.1:6379',
    '<%= config.bin %> <%= command.id %> --queue redis://:secret@192.0.2.1:6379 --workers 8 --until-idle 60',
  ]
  static override flags = {
    queue: Flags.string({
      helpValue: 'URL',
      required: true,
      summary: 'Redis server: redis://:PASSWORD@HOST:6379, or rediss:// with TLS',
    }),
    workers: Flags.integer({
      helpValue: 'COUNT',
      summary: 'Points that run at once, a thread each',
      min: 1,
      max: 256,
      default: Math.min(availableParallelism(), 16),
      defaultHelp: async () => 'one a processor',
    }),
    'until-idle': Flags.integer({
      helpValue: 'SECONDS',
      summary: 'End when there was no point for so long',
      min: 1,
      max: 86_400,
    }),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<{ readonly points: number }> {
    const { flags } = await this.parse(Worker)
    const { queue: url, workers: count, plugin: given } = flags
    const plugins = this.plugins(given)
    // A plug-in that does not load would fail every point; it is told before any is taken.
    await openRegistry(plugins)
    const build = buildHash(this.config.root, plugins, given)
    const { serveQueue } = await loadQueue()
    const halt = new AbortController()
    process.once('SIGINT', () => halt.abort())
    process.once('SIGTERM', () => halt.abort())
    const tell = (text: string): void => this.logToStderr(text)
    tell(`build ${build}, ${plural(count, 'thread')}; ^C ends it after the points that run`)
    const executors = new Map<string, Promise<Executor>>()
    const points = await serveQueue({
      url,
      build,
      tell,
      threads: count,
      plugins: given.map(pluginSpec),
      signal: halt.signal,
      ...(flags['until-idle'] === undefined ? {} : { idleLimit: flags['until-idle'] * 1000 }),
      worker: {
        run: async ({ id, spec, timeLimit, memoryLimit }) => {
          const key = `${timeLimit} ${memoryLimit}`
          const executor =
            executors.get(key) ?? threads(this.config.root, plugins, { threads: count, timeLimit, memoryLimit })
          executors.set(key, executor)
          return runOn(await executor, { id, at: {}, spec })
        },
        close: async () => {
          await Promise.all([...executors.values()].map(async (executor) => (await executor).close()))
        },
      },
    })
    this.log(`${plural(points, 'point')} run`)
    return { points }
  }
}
