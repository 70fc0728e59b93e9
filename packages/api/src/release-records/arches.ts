// The architectures that a record is about.

export const ALL = ['arm', 'arm64', 'riscv64', 'x86_64'] as const
/** Architectures whose devices bounce without further configuration. */
export const WIDE = ['arm64', 'riscv64', 'x86_64'] as const
