// The built-in rules, in the order in which they see an event.
import type { CheckerRule } from '@dmalab/api'
import { dataRule } from './rules/data.ts'
import { dmaBufRule } from './rules/dma-buf.ts'
import { exportRule } from './rules/exports.ts'
import { fenceRule } from './rules/fences.ts'
import { vb2Rule } from './rules/vb2.ts'
import { mappingRule, type MappingOptions } from './rules/mappings.ts'

export const builtInRules = (options: MappingOptions): readonly CheckerRule[] => [mappingRule(options), ...OTHER_RULES]

/** None of them hears of single mappings. */
export const OTHER_RULES: readonly CheckerRule[] = [exportRule, dmaBufRule, fenceRule, vb2Rule, dataRule]
