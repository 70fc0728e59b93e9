// Page tables as a driver asks for them: the kernel's restrictions first, then the engine's tables.
import { type IoEngine, PageTable, type PageTableOptions } from '@dmalab/hot'
import { type IoPgtableConfig, shapeOf } from './io-pgtable-config.ts'

/** Creates the tables, or nothing when the kernel refuses the configuration. */
export function openIoPgtable(
  engine: IoEngine,
  config: IoPgtableConfig,
  options: PageTableOptions = {},
): PageTable | undefined {
  const shape = shapeOf(config)
  return shape && new PageTable(engine, shape, options)
}
