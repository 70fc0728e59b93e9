// The way to Redis: first reached or refused in one sentence, then tried again when it is lost.
import { InputError } from '@dmalab/api'
import { Redis, type RedisOptions } from 'ioredis'

/** Something to tell the person who waits. */
export type QueueMessage = (text: string) => void

export interface QueueOptions {
  /** redis://[[user]:password@]host[:port][/number], or rediss:// for TLS. */
  readonly url: string
  /** Digest of the build and its plug-ins: whoever has another one leaves the points alone. */
  readonly build: string
  readonly tell: QueueMessage
}

/** Jobs of a build wait in a queue of their own. */
export const queueName = (build: string): string => `dmalab-sweep-${build}`

/** Builds that have points in a queue: a hash, build -> time of the last sweep, milliseconds. */
export const BUILDS = 'dmalab:sweep-builds'

const FIRST_TRY_MS = 5000

export interface Connection {
  readonly redis: Redis
  close(): void
}

/**
 * A connection that is there. It comes back by itself when it is lost.
 * @throws InputError when the server cannot be reached, or refuses
 */
export const connect = async ({ url, tell }: Pick<QueueOptions, 'url' | 'tell'>): Promise<Connection> => {
  const shown = withoutPassword(url)
  let wasThere = false
  const options = {
    lazyConnect: true,
    connectTimeout: FIRST_TRY_MS,
    // Commands wait for the connection to come back.
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => (wasThere ? Math.min(100 * times, 2000) : null),
  } satisfies RedisOptions
  const redis = new Redis(url, options)
  let reason = 'no answer'
  redis.on('error', (error: Error) => {
    if (error.message !== '') reason = error.message
  })
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    // One that has ended holds the process for two seconds when it is told to end once more.
    if (redis.status !== 'end') redis.disconnect()
    const text = error instanceof Error ? error.message : String(error)
    throw new InputError(
      `${shown}: ${/closed/i.test(text) ? reason : text}`,
      {},
      'a queue is a Redis server, such as redis://:PASSWORD@HOST:6379',
    )
  }
  wasThere = true
  let isLost = false
  const onClose = (): void => {
    if (isLost) return
    isLost = true
    tell(`${shown}: the connection is lost; trying again`)
  }
  redis.on('close', onClose)
  redis.on('ready', () => {
    if (isLost) tell(`${shown}: connected again`)
    isLost = false
  })
  return {
    redis,
    close: () => {
      redis.off('close', onClose)
      redis.disconnect()
    },
  }
}

/** @throws InputError for what is not the address of a Redis server */
const withoutPassword = (url: string): string => {
  try {
    const parsed = new URL(url)
    if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') throw new TypeError(parsed.protocol)
    return `${parsed.protocol}//${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`
  } catch {
    throw new InputError(`--queue ${url} is no address of a Redis server`, {}, 'such as redis://:PASSWORD@HOST:6379')
  }
}
