// Logs that lie in files, come through standard input, or need another program to read them.
export { readTrace, type OpenOptions } from './read-trace.ts'
