// Boards that lie in files, and device tree source through dtc.
export type { TreeIn } from '../container/tree-in.ts'
export { isDeviceTree, openBoard, readDeviceTree, type TreeInput } from './open-board.ts'
export { unpacked, unpackedStream } from './unpack.ts'
