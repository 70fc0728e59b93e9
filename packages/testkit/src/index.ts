// vitest suites for plug-ins.
export { ALLOCATOR_CHECKS, type AllocatorSubject } from './allocator-checks.ts'
export { describeAllocator } from './describe-allocator.ts'
