// The device that an element most likely works on, for suggestions: one that can be bound as it stands.
import type { BoundElement, DeviceClass, Machine } from '@dmalab/api'

const BY_ROLE: Readonly<Record<string, readonly DeviceClass[]>> = {
  source: ['camera', 'isp'],
  sink: ['display', 'gpu'],
  decoder: ['codec', 'jpeg'],
  encoder: ['codec', 'jpeg'],
}

/** By what the element is in the line; where the board has none, a device that every board can have. */
export const likelyDevice = ({ role }: Pick<BoundElement, 'role'>, { devices }: Machine): string => {
  const classes = BY_ROLE[role] ?? ['converter', '2d']
  const found = classes.flatMap((kind) => devices.find((device) => device.class === kind) ?? [])
  return found[0]?.name ?? (role === 'source' || role === 'sink' ? 'vivid' : 'vim2m')
}
