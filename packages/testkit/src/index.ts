// vitest suites for plug-ins.
export { ALLOCATOR_CHECKS, type AllocatorSubject } from './allocator-checks.ts'
export { describeAllocator } from './describe-allocator.ts'
export { type BackendUnderTest, describeBackend } from './backend.ts'
export { checkDmaApi, type DmaApiFailure, type DmaApiUnderTest } from './check-dma-api.ts'
export { type KitDevice, kitMachine } from './kit-machine.ts'
export { describePatch, type PatchUnderTest } from './patch.ts'
export { type AllocatorUnderTest, allocatorOnKit, type KernelUnderTest } from './under-test.ts'
