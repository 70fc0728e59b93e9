// ftrace text: reader, writer, exporters.
export { createReader, type Reader, type ReaderOptions } from './read/reader.ts'
export { latin1, type TextOf } from './read/latin1.ts'
export { AnnouncedBounces } from './announced-bounces.ts'
export { createStats, type StatsCollector } from './stats.ts'
export { createChromeTrace, type ChromeTrace } from './chrome-trace.ts'
export { createFtraceWriter, type FtraceWriter } from './write/writer.ts'
export { printed as printEvent } from './write/body.ts'
