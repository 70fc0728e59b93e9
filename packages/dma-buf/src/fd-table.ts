// The file descriptors of the one user-space task: what close(2), dma_buf_get() and dma_buf_fd() see.
import { fail, type KResult, ok } from '@dmalab/api'

/** RLIMIT_NOFILE as most systems set it. */
const NOFILE = 1024
/** stdin, stdout and stderr are open. */
const FIRST = 3

export class FdTable<File> {
  private readonly files = new Map<number, File>()

  /** The lowest free number, as POSIX has it. EMFILE. */
  install(file: File): KResult<number> {
    for (let fd = FIRST; fd < NOFILE; fd++)
      if (!this.files.has(fd)) {
        this.files.set(fd, file)
        return ok(fd)
      }
    return fail('EMFILE', `all ${NOFILE} file descriptors are open`)
  }

  /** How many descriptors are open. */
  get open(): number {
    return this.files.size
  }

  lookup(fd: number): File | undefined {
    return this.files.get(fd)
  }

  /** Takes the file out of the table; undefined for a number that is not open. */
  remove(fd: number): File | undefined {
    const file = this.files.get(fd)
    this.files.delete(fd)
    return file
  }
}
