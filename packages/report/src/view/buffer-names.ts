// What queues call their buffers: told when devices or programs get at them.

/** `queue buffer 3 plane 0` of an access belongs to buffer 3 of that queue. */
const QUEUED = /^(.*) buffer (\d+)( plane \d+)?$/

export class BufferNames {
  private readonly queued = new Map<string, Set<number>>()
  private readonly called = new Map<number, string>()

  call(buffer: number, name: string | undefined): void {
    if (name === undefined) return
    this.called.set(buffer, name)
    const [, queue, index] = QUEUED.exec(name) ?? []
    if (queue === undefined) return
    const key = `${queue} ${index}`
    const known = this.queued.get(key)
    if (known === undefined) this.queued.set(key, new Set([buffer]))
    else known.add(buffer)
  }

  of(buffer: number): string | undefined {
    return this.called.get(buffer)
  }

  /** Buffers of a place in a queue: a buffer a plane. */
  at(queue: string, index: number): readonly number[] {
    return [...(this.queued.get(`${queue} ${index}`) ?? [])]
  }
}
