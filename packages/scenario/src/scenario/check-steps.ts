// What the schema cannot say: buffers come into being before they are used, and an exported name is not taken twice.
import type { ScenarioStep } from '@dmalab/api'

export interface StepProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export const stepProblems = (steps: readonly ScenarioStep[]): readonly StepProblem[] => {
  const alive = new Set<string>()
  const gone = new Set<string>()
  const problems: StepProblem[] = []

  const make = (buffer: string, at: number): void => {
    if (alive.has(buffer)) problems.push({ path: ['steps', at, 'buffer'], message: `buffer ${buffer} exists already` })
    alive.add(buffer)
    gone.delete(buffer)
  }
  const use = (buffer: string, path: readonly (string | number)[]): void => {
    if (alive.has(buffer) || gone.has(buffer)) return
    const known = [...alive].toSorted()
    const hint = known.length > 0 ? `so far there are ${known.join(', ')}` : 'so far there is none'
    problems.push({ path, message: `no step before this one makes a buffer ${buffer}; ${hint}` })
  }

  for (const [at, step] of steps.entries()) {
    if (step.do === 'sg-table')
      for (const [i, part] of step.of.entries())
        use(typeof part === 'string' ? part : part.buffer, ['steps', at, 'of', i])
    if (step.do === 'alloc' || step.do === 'expbuf' || step.do === 'sg-table') make(step.buffer, at)
    else if (step.do === 'qbuf')
      for (const [i, buffer] of (step.buffers ?? []).entries()) use(buffer, ['steps', at, 'buffers', i])
    else if ('buffer' in step) use(step.buffer, ['steps', at, 'buffer'])
    if (step.do === 'reuse-table') use(step.with, ['steps', at, 'with'])
    // Use after free is something to model, so a freed buffer may be named again; its name may also be taken anew.
    if (step.do === 'free' && alive.delete(step.buffer)) gone.add(step.buffer)
    if (step.do === 'alloc' && step.from === 'coherent' && step.device === undefined)
      problems.push({ path: ['steps', at], message: 'coherent memory is allocated for a device: name it' })
    if (step.do === 'alloc' && step.above !== undefined && step.from !== 'pages')
      problems.push({ path: ['steps', at, 'above'], message: 'only pages can be asked for by their place' })
    if (step.do === 'alloc' && step.gfp !== undefined && step.from !== 'coherent')
      problems.push({
        path: ['steps', at, 'gfp'],
        message: 'only coherent memory is asked for by a caller that may not sleep',
      })
    if (step.do === 'expect' && at === 0)
      problems.push({ path: ['steps', at], message: 'there is nothing before this step to expect from' })
  }
  return problems
}
