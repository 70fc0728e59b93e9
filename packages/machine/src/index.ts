// Machines as data: schema, YAML reader, DTB reader, shipped boards.
export { formatAddress, formatLength, parseQuantity } from './quantity.ts'
export { machineJsonSchema, machineSchema } from './schema.ts'
export { machineProblems, type MachineProblem } from './check-machine.ts'
export { toldNames, unknownKey } from './told-names.ts'
export { parseYaml } from './parse-yaml.ts'
export { yamlComplaint, type YamlComplaint } from './yaml-words.ts'
export { BOARD_ARCHES } from './of/architectures.ts'
export { machineData, machineFromData, readMachine } from './read-machine.ts'
export { shippedBoard, shippedBoardNames, shippedBoardText, shippedBoards } from './shipped-boards.ts'
export { readFdt } from './fdt/read.ts'
export { dmaFacts, type DmaFactsOptions } from './facts/dma-facts.ts'
export type { DmaFacts, MediaClass } from './facts/types.ts'
export type { DebianArch } from './of/architectures.ts'
export {
  archOfDtb,
  importBoard,
  machineFromDtb,
  statesMemory,
  type ImportOptions,
  type ImportedBoard,
} from './import/board.ts'
export { boardYaml } from './import/board-yaml.ts'
export { importPc } from './pc/import-pc.ts'
export { isIomem, isPcIomem } from './pc/iomem.ts'
export { isLspci } from './pc/lspci.ts'
export { treeIn, type TreeIn } from './container/tree-in.ts'
export type { Unpack } from './container/fit.ts'
export { lintDtb } from './lint/lint.ts'
export { lintMachine } from './lint/machine.ts'
export { TRAP_CODES, trapTitle } from './facts/trap-codes.ts'
export { LINT_CODES, type LintCode, type LintFinding } from './lint/finding.ts'
export { VIRTUAL_DEVICES, withVirtualDevices } from './virtual-devices.ts'
export { driverFor, kernelDriverOf, KERNEL_DRIVERS } from './kernel-drivers/index.ts'
export { driversPage } from './kernel-drivers/page.ts'
export { offerOf, offersOf, queuesOf } from './kernel-drivers/words.ts'
export { elementsOf } from './import/bind-elements.ts'
export { withOverlays, type OverlayFile } from './overlay/apply.ts'
export { kernelDeviceName } from './of/device-name.ts'
export { isTreeRoot, treeOfFiles, type TreeFile } from './container/folder.ts'
export { isDtb } from './input-kind.ts'
export { describeBoard } from './describe-board.ts'
export { parseMemory, readBoard, STANDARD_INPUT, type BoardOptions } from './read-board.ts'
