// Boards that lie in files, and device tree source through dtc.
export { isDeviceTree, openBoard, readDeviceTree } from './open-board.ts'
