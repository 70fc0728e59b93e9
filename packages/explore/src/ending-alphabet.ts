// Steps after which the buffer, its pool or its device is no more what it was: what a kernel must bear at any time.
import type { ScenarioStep } from '@dmalab/api'
import { held, isCoherent, isShared, isStreaming, type Setting } from './setting.ts'
import { FRAME, type Protocol } from './protocol.ts'

export const endings = (s: Protocol, setting: Setting): readonly ScenarioStep[] => {
  const steps: ScenarioStep[] = []
  if (isShared(s)) steps.push({ do: 'close', buffer: FRAME })
  const owned = isCoherent(setting) || isStreaming(setting)
  if (s.life === 'live' && owned && (!isStreaming(setting) || !held(s, () => true)))
    steps.push({ do: 'free', buffer: FRAME })
  if (s.pool === 'there' && setting.pool) steps.push({ do: 'release-pool', device: setting.owner })
  if (!s.unbound && isCoherent(setting))
    steps.push({ do: 'unbind', device: setting.owner.split('.')[0] ?? setting.owner })
  if (setting.declare !== null && s.written !== 'linear' && s.life === 'live' && !held(s, () => true))
    steps.push({ do: 'linear-write', buffer: FRAME })
  return steps
}
