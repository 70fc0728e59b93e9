// Errors of modelled kernel functions: values, never exceptions.

/** Linux errno numbers that the modelled paths can return. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ENOSPC: 28,
  ESPIPE: 29,
  EPIPE: 32,
  ERANGE: 34,
  EBADR: 53,
  ETIME: 62,
  EOVERFLOW: 75,
  ENOBUFS: 105,
  EOPNOTSUPP: 95,
  ETIMEDOUT: 110,
  EREMOTEIO: 121,
} as const

export type Errno = keyof typeof ERRNO

/** What a modelled kernel function returns: a value, or an errno with the reason in words. */
export type KResult<T> = KOk<T> | KError
export interface KOk<T> {
  readonly ok: true
  readonly value: T
}
export interface KError {
  readonly ok: false
  readonly errno: Errno
  readonly why: string
}

export const ok = <T>(value: T): KOk<T> => ({ ok: true, value })
export const fail = (errno: Errno, why: string): KError => ({ ok: false, errno, why })
/** The negative number a kernel function returns for it. */
export const negative = (errno: Errno): number => -ERRNO[errno]
/** The name of a (positive or negative) errno number, or undefined for a number outside the table. */
export const errnoName = (n: number): Errno | undefined =>
  (Object.keys(ERRNO) as Errno[]).find((name) => ERRNO[name] === Math.abs(n))
