import { createServer, type AddressInfo } from 'node:net'
import { isInputError } from '@dmalab/api'
import { expect, test, vi } from 'vitest'
import { connect } from '../src/connection.ts'

/** A port on which nothing listens. */
const closedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

test('a server that is not there is refused, and nothing keeps the program from ending', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const url = `redis://:secret@127.0.0.1:${await closedPort()}`
  const error: unknown = await connect({ url, tell: () => undefined }).catch((reason: unknown) => reason)
  expect(isInputError(error) && error.message).toMatch(/^redis:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/)
  // ioredis' wait for a stream that has ended already; the test runner has timers too, which come and go.
  expect(timers.mock.calls.filter(([, time]) => time === 2000)).toEqual([])
  timers.mockRestore()
})
