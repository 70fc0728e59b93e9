// How a kernel message names a device.

/** The part of a Device that names it. */
interface Named {
  readonly name: string
  readonly facts: { readonly driverName?: string }
}

/**
 * `driver device`, as dev_err() and its like begin a line; the device alone where no driver is known.
 * Models: Linux v6.12 drivers/base/core.c: dev_driver_string, __dev_printk. Leaves out: the bus's name for a device without a driver.
 */
export const devString = ({ name, facts: { driverName } }: Named): string =>
  driverName === undefined ? name : `${driverName} ${name}`
