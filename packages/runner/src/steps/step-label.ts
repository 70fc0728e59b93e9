// What a step is called in reports and events.
import type { ScenarioStep } from '@dmalab/api'

export const labelOf = (step: ScenarioStep): string => {
  const parts: string[] = [step.do]
  if ('buffer' in step) parts.push(step.buffer)
  if ('device' in step && step.device !== undefined) parts.push(step.device)
  if ('queue' in step) parts.push(step.queue)
  if ('for' in step) parts.push(`for ${step.for}`)
  if ('with' in step) parts.push(`with ${step.with}`)
  return parts.join(' ')
}
