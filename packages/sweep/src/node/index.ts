// Sweeps on this computer: the journal, and worker threads.
export { type Journal, type JournalHead, openJournal, readJournal } from './journal.ts'
export { servePoints } from './serve-points.ts'
export { threadExecutor, type ThreadOptions } from './threads.ts'
