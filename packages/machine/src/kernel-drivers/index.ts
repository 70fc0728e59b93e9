// Kernel drivers by the compatible strings that they bind to, and what they offer there.
import type { DeviceFacts, KernelDriver } from '@dmalab/api'
import { ALLWINNER } from './allwinner.ts'
import { AMLOGIC } from './amlogic.ts'
import { BROADCOM } from './broadcom.ts'
import { DISPLAYS } from './displays.ts'
import { GPUS } from './gpus.ts'
import { HANTRO } from './hantro.ts'
import { MEDIATEK } from './mediatek.ts'
import { NVIDIA } from './nvidia.ts'
import { NXP } from './nxp.ts'
import { OTHERS } from './others.ts'
import { PC } from './pc.ts'
import { QUALCOMM } from './qualcomm.ts'
import { RENESAS } from './renesas.ts'
import { ROCKCHIP } from './rockchip.ts'
import { SAMSUNG } from './samsung.ts'
import { ST } from './st.ts'
import { TEST_DRIVERS } from './test-drivers.ts'
import { TEXAS } from './texas.ts'

export const KERNEL_DRIVERS: readonly KernelDriver[] = [
  ...HANTRO,
  ...ROCKCHIP,
  ...ALLWINNER,
  ...NXP,
  ...SAMSUNG,
  ...MEDIATEK,
  ...QUALCOMM,
  ...AMLOGIC,
  ...TEXAS,
  ...RENESAS,
  ...ST,
  ...NVIDIA,
  ...BROADCOM,
  ...OTHERS,
  ...DISPLAYS,
  ...GPUS,
  ...PC,
  ...TEST_DRIVERS,
]

const BY_COMPATIBLE: ReadonlyMap<string, KernelDriver> = new Map(
  KERNEL_DRIVERS.flatMap((row) => row.compatible.map((name) => [name, row] as const)),
)

/** The string by which a driver binds to a node, and that driver: strings stand in order, the most special first. */
export const driverFor = (
  compatible: readonly string[],
): { readonly matched: string; readonly driver: KernelDriver } | undefined => {
  for (const matched of compatible) {
    const driver = BY_COMPATIBLE.get(matched)
    if (driver !== undefined) return { matched, driver }
  }
  return undefined
}

/** The kernel driver of a device: the one that the board states, on this kind of device; else by its compatible string. */
export const kernelDriverOf = ({
  driver,
  compatible = '',
}: Pick<DeviceFacts, 'driver' | 'compatible'>): KernelDriver | undefined => {
  const bound = BY_COMPATIBLE.get(compatible)
  if (driver === undefined || bound?.name === driver) return bound
  return KERNEL_DRIVERS.find(({ name }) => name === driver)
}
