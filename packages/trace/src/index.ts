// ftrace text: reader, writer, exporters.
export { createReader, type LineNote, type Reader, type ReaderOptions, type ReadSummary } from './read/reader.ts'
export { readTrace, type OpenOptions } from './open.ts'
export { AnnouncedBounces } from './announced-bounces.ts'
export { createStats, type DeviceStats, type Histogram, type StatsCollector, type TraceStats } from './stats.ts'
export { createChromeTrace, type ChromeTrace } from './chrome-trace.ts'
export { createFtraceWriter, type FtraceWriter } from './write/writer.ts'
export { printed as printEvent } from './write/body.ts'
