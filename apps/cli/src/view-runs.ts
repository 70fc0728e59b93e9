// Loaded by those who want a page.
export { viewRuns } from '@dmalab/lab'
