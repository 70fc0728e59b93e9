// ftrace text: reader, writer, exporters.
export type { Reader, ReaderOptions } from './read/reader.ts'
export { createReader } from './shapes/shaped-reader.ts'
export { latin1, type TextOf } from './read/latin1.ts'
export { AnnouncedBounces } from './announced-bounces.ts'
export { createStats, type StatsCollector } from './stats.ts'
export { createChromeTrace, type ChromeTrace } from './chrome-trace.ts'
export { createFtraceWriter, type FtraceWriter } from './write/writer.ts'
export { printed as printEvent } from './write/body.ts'
