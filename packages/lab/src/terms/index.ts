// Everything that dmalab prints a name of and that is neither a finding, nor a code of a board, nor a kernel message.
import { ERRNO, type ExplainedTerm, pluginApi, RELEASE_RECORDS } from '@dmalab/api'
import { builtInRules, UNBIND_MARKER } from '@dmalab/checker'
import { scenarioSteps } from '@dmalab/scenario'
import { BUILT_IN } from '../builtin.ts'
import { DEFECTS } from './defects.ts'
import { FAILURES } from './failures.ts'
import { ASSUMPTION_WORDS, ERRNO_WORDS, MODEL_WORDS, VERDICT_WORDS } from './words.ts'

/** By kind, in the order in which a name is looked up. */
export const terms = (): readonly ExplainedTerm[] => [
  ...Object.entries(FAILURES).map(([code, [title, codes]]) =>
    term(code, 'failure that people report', title, { commands: codes.map(explainCommand) }),
  ),
  ...Object.entries(DEFECTS).map(([code, [title, files]]) =>
    term(code, 'defect of the RFC patch', title, {
      commands: files.map((file) => `dmalab run scenarios/${file}.yaml`),
    }),
  ),
  ...RELEASE_RECORDS.map(({ id, since, source, seen }) =>
    term(id, `difference between releases, about v${since}`, seen, { source }),
  ),
  ...scenarioSteps().map(({ name, description, example }) =>
    term(name, 'step of a scenario', description, { example }),
  ),
  ...BUILT_IN.flatMap((factory) => factory(pluginApi).patches ?? []).map(({ name, title, source }) =>
    term(name, 'patch', title, { source }),
  ),
  ...builtInRules({ unbindMarker: UNBIND_MARKER }).map(({ name, codes, source }) =>
    term(name, 'rule of the checker', `reports ${codes.join(', ')}`, { source }),
  ),
  ...Object.entries(VERDICT_WORDS).map(([code, title]) => term(code, 'verdict', title)),
  ...Object.entries(VERDICT_WORDS).map(([code, title]) =>
    term(`model-${code}`, 'answer of the model', MODEL_WORDS[`model-${code}`] ?? title),
  ),
  term('reach', 'answer of diagnose', MODEL_WORDS['reach'] ?? ''),
  ...Object.entries(ASSUMPTION_WORDS).map(([code, title]) => term(code, 'assumption', title)),
  ...Object.entries(ERRNO_WORDS).map(([code, title]) =>
    term(code, `errno ${ERRNO[code as keyof typeof ERRNO]}`, title),
  ),
]

const explainCommand = (code: string): string => `dmalab explain ${code}`

const term = (
  code: string,
  by: string,
  title: string,
  more: Partial<Pick<ExplainedTerm, 'commands' | 'source' | 'example'>> = {},
): ExplainedTerm => ({ code, by, title, source: null, example: null, commands: [], ...more })
