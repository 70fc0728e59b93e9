// Machines as data: schema, YAML reader, DTB reader, shipped boards.
export { formatAddress, formatLength, parseQuantity } from './quantity.ts'
export { machineJsonSchema, machineSchema } from './schema.ts'
export { machineProblems, type MachineProblem } from './check-machine.ts'
export { readMachine } from './read-machine.ts'
export { shippedBoard, shippedBoardNames, shippedBoardText, shippedBoards } from './shipped-boards.ts'
