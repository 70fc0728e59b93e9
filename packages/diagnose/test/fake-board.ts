// A folder that looks like the root of a board to the recording script: files of /proc and /sys, and a tracefs that is a folder.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** How its owner left tracing. */
const TRACING = {
  tracing_on: '1\n',
  current_tracer: 'function\n',
  buffer_size_kb: '7 (expanded: 1408)\n',
  set_event: 'sched:sched_switch\n',
  trace: '',
} as const

const u32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256)
const text = (value: string): number[] => [...new TextEncoder().encode(value), 0]
const padded = (bytes: number[]): number[] => [...bytes, ...Array<number>((4 - (bytes.length % 4)) % 4).fill(0)]

export const SERIAL = '10000000abcdef01'
export const MAC = [0xdc, 0xa6, 0x32, 1, 2, 3]
export const BOOTARGS = 'console=ttyS0 macaddr=DC:A6:32:01:02:03 ip=192.168.1.17 cma=64M'

/** A blob with a serial number, a MAC address and a command line; `0x0003` is a length that looks like a token. */
const blob = (): Uint8Array => {
  const names = ['serial-number', 'local-mac-address', 'bootargs', 'model']
  const offsets: number[] = []
  const strings = names.flatMap((name) => {
    offsets.push(offsets.length === 0 ? 0 : (offsets.at(-1) ?? 0) + (names[offsets.length - 1] ?? '').length + 1)
    return text(name)
  })
  const property = (name: number, value: number[]): number[] => [
    ...u32(3),
    ...u32(value.length),
    ...u32(offsets[name] ?? 0),
    ...padded(value),
  ]
  const node = (name: string, inner: number[]): number[] => [...u32(1), ...padded(text(name)), ...inner, ...u32(2)]
  const structure = [
    ...node('', [
      ...property(3, text('Fake board')),
      ...property(0, text(SERIAL)),
      ...node('ethernet', property(1, MAC)),
      ...node('chosen', property(2, text(BOOTARGS))),
    ]),
    ...u32(9),
  ]
  const at = 56
  const total = at + structure.length + strings.length
  const header = [0xd00dfeed, total, at, at + structure.length, 40, 17, 16, 0, strings.length, structure.length]
  return Uint8Array.from([...header.flatMap(u32), ...Array<number>(16).fill(0), ...structure, ...strings])
}

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'proc/version': 'Linux version 6.6.31-v8 (alice@frank) (gcc 12) #1 SMP\n',
  'proc/cmdline': `${BOOTARGS} serial=0123456789abcdef\n`,
  'proc/cpuinfo': `processor : 0\nprocessor : 1\nSerial\t\t: ${SERIAL}\n`,
  'proc/meminfo': 'MemTotal: 1000000 kB\nMemAvailable: 100000 kB\nCmaTotal: 65536 kB\nCmaFree: 1024 kB\n',
  'proc/iomem': '00000000-3fffffff : System RAM\n',
  'proc/sys/kernel/osrelease': '6.6.31-v8\n',
  'proc/sys/kernel/hostname': 'frank\n',
  'proc/device-tree/model': text('Fake board')
    .map((byte) => String.fromCharCode(byte))
    .join(''),
  'proc/device-tree/serial-number': `${SERIAL}\0`,
  'proc/device-tree/ethernet/local-mac-address': Uint8Array.from(MAC),
  'proc/device-tree/chosen/bootargs': `${BOOTARGS}\0`,
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n',
  'boot/config-6.6.31-v8': 'CONFIG_CMA=y\nCONFIG_CMA_SIZE_MBYTES=64\n',
  'var/log/dmesg': [
    '[    0.000000] Booting Linux on physical CPU 0x0',
    '[    1.000000] frank: alice came from /home/alice/videos, fe80::1234:5678, 10.0.0.1',
    '[    1.100000] eth0: dc:a6:32:01:02:03, usb 1-1: SerialNumber: A1B2C3',
    '[    1.200000] pci 0000:00:03.0: frank-x 8250/16550 driver, Serial: 8250',
    '',
  ].join('\n'),
  'sys/firmware/fdt': blob(),
  'sys/kernel/iommu_groups/3/type': 'DMA-FQ\n',
  'sys/kernel/iommu_groups/3/devices/fe801000.csi': '',
  'sys/bus/pci/devices/0000:01:00.0/class': '0x020000\n',
  'sys/bus/pci/devices/0000:01:00.0/dma_mask_bits': '36\n',
  'sys/kernel/debug/cma/cma-reserved/used': '7\n',
  'sys/kernel/tracing/events/dma/dma_map_page/id': '1\n',
  'sys/kernel/tracing/events/swiotlb/swiotlb_bounced/id': '2\n',
  'sys/kernel/tracing/events/sched/sched_switch/id': '3\n',
}

export interface FakeBoard {
  readonly root: string
  /** Files of tracefs as they are now; blank lines of set_event say nothing. */
  tracing(): Readonly<Record<string, string>>
}

export const fakeBoard = (root: string, without: readonly string[] = []): FakeBoard => {
  const tracefs = join(root, 'sys/kernel/tracing')
  const write = (file: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  for (const [file, content] of Object.entries(FILES))
    if (!without.some((start) => file.startsWith(start))) write(join(root, file), content)
  if (!without.includes('sys/kernel/tracing'))
    for (const [file, content] of Object.entries(TRACING)) write(join(tracefs, file), content)
  return {
    root,
    tracing: () =>
      Object.fromEntries(
        ['tracing_on', 'current_tracer', 'buffer_size_kb', 'set_event'].map((file) => [
          file,
          readFileSync(join(tracefs, file), 'utf8').trim(),
        ]),
      ),
  }
}
