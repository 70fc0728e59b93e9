// Device tree source through dtc; undefined where it is not installed.
import { spawnSync } from 'node:child_process'

export const compileTree = (source: Uint8Array): Uint8Array | undefined => {
  const { status, stdout } = spawnSync('dtc', ['-q', '-I', 'dts', '-O', 'dtb', '-o', '-', '-'], { input: source })
  return status === 0 ? stdout : undefined
}
