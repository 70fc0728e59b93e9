// Plug-ins that lie in files.
export { loadPlugin } from './load-plugin.ts'
