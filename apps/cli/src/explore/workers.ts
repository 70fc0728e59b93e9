// Configurations searched on worker threads. What each comes to does not depend on where it was searched.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Searched } from '@dmalab/lab'
import type { WorkerTask } from './worker.ts'

type Message = 'ready' | { readonly number: number; readonly searched: Searched }

/** Numbers that a thread has at a time: it goes on while this one looks at what it found. */
const AHEAD = 2
/** Most objects of a search are gone after a step: with more room fewer are copied. */
const YOUNG_MIB = 64

/** Searches the numbers of `groups` on `count` threads until `timeUp`. `root` is the folder of this package, where the build has put the worker. */
export const searchOnWorkers = async (
  count: number,
  root: string,
  task: WorkerTask,
  groups: readonly (readonly number[])[],
  done: (number: number, searched: Searched) => void,
  timeUp: () => boolean,
): Promise<void> => {
  const open = groups.values()
  const threads = Array.from({ length: Math.min(count, groups.length) }, () => {
    const worker = new Worker(join(root, 'build/explore/worker.js'), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    })
    const numbers = numbersOf(open)
    return new Promise<void>((resolve, reject) => {
      let asked = 0
      const ask = (): void => {
        const { value } = timeUp() ? { value: undefined } : numbers.next()
        if (value !== undefined) {
          asked++
          worker.postMessage(value)
        } else if (asked === 0) resolve(worker.terminate().then(() => undefined))
      }
      worker.on('message', (message: Message) => {
        if (message === 'ready') {
          for (let i = 0; i < AHEAD; i++) ask()
          return
        }
        asked--
        ask()
        done(message.number, message.searched)
      })
      worker.on('error', reject)
    })
  })
  await Promise.all(threads)
}

/** A thread takes a group when it is through with the one before. */
function* numbersOf(groups: Iterable<readonly number[]>): Generator<number, undefined> {
  for (const group of groups) yield* group
  return undefined
}
