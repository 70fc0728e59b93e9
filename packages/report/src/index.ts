// RunReport to terminal, JSON, HTML.
export { compareText } from './compare-text.ts'
export { runText } from './run-text.ts'
export { count } from './numbers.ts'
export { paint, paintSeverity } from './paint.ts'
