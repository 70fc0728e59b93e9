// Configurations searched on worker threads. What each comes to does not depend on where it was searched.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Searched } from '@dmalab/lab'
import type { WorkerTask } from './worker.ts'

type Message = 'ready' | { readonly number: number; readonly searched: Searched }

/** Searches `numbers` on `count` threads until `timeUp`. `root` is the folder of this package, where the build has put the worker. */
export const searchOnWorkers = async (
  count: number,
  root: string,
  task: WorkerTask,
  numbers: readonly number[],
  done: (number: number, searched: Searched) => void,
  timeUp: () => boolean,
): Promise<void> => {
  const open = numbers.values()
  const threads = Array.from({ length: Math.min(count, numbers.length) }, () => {
    const worker = new Worker(join(root, 'build/explore/worker.js'), { workerData: task })
    return new Promise<void>((resolve, reject) => {
      const next = (): void => {
        const { value, done: none } = timeUp() ? { value: undefined, done: true } : open.next()
        if (none === true || value === undefined) resolve(worker.terminate().then(() => undefined))
        else worker.postMessage(value)
      }
      worker.on('message', (message: Message) => {
        if (message !== 'ready') done(message.number, message.searched)
        next()
      })
      worker.on('error', reject)
    })
  })
  await Promise.all(threads)
}
