// The laboratory with the files of this computer: plug-ins and pipelines that name files.
import { openLaboratory } from './plugin-sources.ts'
export { isDeviceTree, openBoard, readDeviceTree, type TreeInput } from '@dmalab/machine/node'
export { readTrace } from '@dmalab/trace/node'
import { runsWith } from './run.ts'

export { boardFor, boardSpecFor, type BoardFileOptions, lacksMemory } from './board-file.ts'
export { pluginSpec } from './host-files.ts'
export { inputTools } from './input-tools.ts'
export { type InstalledPlugin, openLaboratory, openRegistry, type PluginSources } from './plugin-sources.ts'

export { checkLine, sweepFiles } from './sweep-files.ts'
export {
  type Journal,
  type JournalHead,
  openJournal,
  readJournal,
  servePoints,
  threadExecutor,
  type ThreadOptions,
} from '@dmalab/sweep/node'

const { run: runHere, compare: compareHere } = runsWith(openLaboratory)

/** As `run` of the main entry; pipelines and plug-ins may name files. */
export const run = runHere

/** As `compare` of the main entry; pipelines and plug-ins may name files. */
export const compare = compareHere
