// One answer from whatever a user has, and the script that collects it on a board.
export { recordScript } from './record.ts'
