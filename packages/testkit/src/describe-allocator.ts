// The allocator suite: registers every check with vitest.
import { describe, expect, it, onTestFinished } from 'vitest'
import { ALLOCATOR_CHECKS, type AllocatorSubject } from './allocator-checks.ts'

/** Call it at the top level of a test file. */
export const describeAllocator = (title: string, subject: AllocatorSubject): void => {
  describe(`allocator ${title}`, () => {
    it.each(Object.entries(ALLOCATOR_CHECKS))('%s', (_sentence, check) => {
      const open: AllocatorSubject['open'] = (inject) => {
        const opened = subject.open(inject)
        onTestFinished(() => opened.lab.close())
        return opened
      }
      expect(() => check({ ...subject, open })).not.toThrow()
    })
  })
}
