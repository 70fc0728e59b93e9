// ftrace text: reader, writer, exporters.
export { createReader, type LineNote, type Reader, type ReaderOptions, type ReadSummary } from './read/reader.ts'
