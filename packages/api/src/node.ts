// Reading files on the computer that commands run on.
export { checkFile, MOST, openPieces, readStart, readStream, readWhole, unreadable } from './node/read-file.ts'
