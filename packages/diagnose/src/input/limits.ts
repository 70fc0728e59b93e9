// What an input may cost. Everything beyond is left out, and said to be.

/** Bytes that come out of one compressed file or archive: more is a bomb, or not for a diagnosis. */
export const UNPACKED = 2 ** 30
/** Bytes of a part that is kept whole: a tree, a configuration, a pipeline. Logs and traces stream. */
export const WHOLE = 2 ** 24
/** Bytes of an image that device trees may lie in: kernels and boot images. */
export const IMAGE = 2 ** 28
/** Parts of an archive: a device tree as files has some thousands. */
export const PARTS = 2 ** 15
/** Bytes of small files of an archive that are kept until it shows whether they are a device tree. */
export const SMALL = 2 ** 26
/** Bytes that decide what an input is. */
export const HEAD = 2 ** 16
/** Compressed files inside compressed files. */
export const DEPTH = 2
/** Lines of one input that are kept as facts, of each kind. */
export const KEPT = 64
