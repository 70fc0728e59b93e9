// What lspci prints: PCI functions, their classes, and with -k or -v the drivers that are bound. A board without lspci has the same in sysfs:
// the recording script writes a line for each.
import { type DeviceClass, InputError } from '@dmalab/api'

export interface PciFunction {
  /** `0000:00:02.0`, as the kernel names the device. */
  readonly slot: string
  readonly domain: string
  readonly bus: number
  /** What it is, for people. */
  readonly title: string
  /** null: a bridge, or something else that moves no data of its own. */
  readonly class: DeviceClass | null
  /** Kernel driver in use; null where nothing tells. */
  readonly driver: string | null
}

const HEAD =
  /^(?:([0-9a-f]{4,5}):)?([0-9a-f]{2}):([0-9a-f]{2}\.[0-7]) (?:"?)([^":]+?)"?(?: \[([0-9a-f]{4})\])?: (.+?)\s*$/
const SYSFS =
  /^pci ([0-9a-f]{4,5}):([0-9a-f]{2}):([0-9a-f]{2}\.[0-7]) driver=(\S*) .*\bclass=0x([0-9a-f]{4})[0-9a-f]{2}\b/
const DRIVER = /^\s+Kernel driver in use: (\S+)/

/** Classes by code (-n, -nn) and by the names that stand for them. Models: Linux v6.12 include/linux/pci_ids.h: PCI_CLASS_STORAGE_SCSI and those below it */
const CLASSES: readonly (readonly [code: RegExp, name: RegExp, kind: DeviceClass | null])[] = [
  [/^03(00|80)/, /^(VGA compatible|Display) controller/, 'display'],
  [/^0302/, /^3D controller/, 'gpu'],
  [/^0400/, /^Multimedia video controller/, 'camera'],
  [/^01/, /(memory|SATA|RAID|SCSI|IDE|SAS|storage) (bus )?controller/i, 'storage'],
  [/^0805/, /^SD Host controller/, 'storage'],
  [/^02/, /^(Ethernet|Network|Infiniband) controller/, 'network'],
  [/^0801/, /^DMA controller/, 'dma-engine'],
  [
    /^06|^05|^0880|^0c05|^0c80|^11|^0702/,
    /bridge|^(RAM|Memory|SMBus|Signal processing|System peripheral|Serial bus|ISA)/,
    null,
  ],
]

/** Is this what lspci prints? */
export const isLspci = (text: string): boolean =>
  /^\s*(?:[0-9a-f]{4,5}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] [A-Z"][^:]{2,60}: \S/.test(text)

/** @throws InputError for a text in which no function is named */
export const readLspci = (text: string, file: string): readonly PciFunction[] => {
  const found: { -readonly [K in keyof PciFunction]: PciFunction[K] }[] = []
  for (const line of text.split('\n')) {
    const [, domain = '0000', bus, device, name = '', code = '', title = ''] = HEAD.exec(line) ?? []
    if (bus !== undefined && device !== undefined) {
      const slot = `${domain}:${bus}:${device}`
      const plain = title.replace(/ \(rev .*$/, '').replace(/ \[[0-9a-f]{4}:[0-9a-f]{4}\]/, '')
      found.push({
        slot,
        domain,
        bus: Number.parseInt(bus, 16),
        title: plain,
        class: classOf(code, name),
        driver: null,
      })
      continue
    }
    const [, ofDomain, ofBus, rest, bound = '', kind = ''] = SYSFS.exec(line) ?? []
    if (ofDomain !== undefined && ofBus !== undefined) {
      const slot = `${ofDomain}:${ofBus}:${rest}`
      const number = Number.parseInt(ofBus, 16)
      const driver = bound === '' ? null : bound
      found.push({ slot, domain: ofDomain, bus: number, title: `PCI ${kind}`, class: classOf(kind, ''), driver })
      continue
    }
    const [, driver] = DRIVER.exec(line) ?? []
    const last = found.at(-1)
    if (driver !== undefined && last !== undefined) last.driver = driver
  }
  if (found.length > 0) return found
  throw new InputError('names no PCI function', { file }, 'expected what lspci -k prints')
}

const classOf = (code: string, name: string): DeviceClass | null => {
  const row = CLASSES.find(([byCode, byName]) => (code === '' ? byName.test(name) : byCode.test(code)))
  return row === undefined ? 'other' : row[2]
}
