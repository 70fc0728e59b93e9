// The vocabulary and all contracts of dmalab. Everything else imports this; it imports nothing.
export * from './units.ts'
export * from './errno.ts'
export * from './flags.ts'
export * from './input-error.ts'
export * from './machine.ts'
export * from './events.ts'
export * from './findings.ts'
