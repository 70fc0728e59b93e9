// The kernel that a log names itself.
import { describe, expect, it } from 'vitest'
import { kernelFromBanner } from '../src/index.ts'

const of = (text: string): string => {
  const found = kernelFromBanner(text)
  return found === undefined ? 'none' : [found.arch, found.release, found.suffix, found.vendor].join(' ')
}

describe('the kernel that a log names', () => {
  it.each([
    [
      '[    0.000000] Linux version 6.1.21-v8+ (dom@buildbot) (aarch64-linux-gnu-gcc-8 (Ubuntu/Linaro 8.4.0) 8.4.0) #1642 SMP PREEMPT Mon Apr  3',
      'arm64 6.1.21 -v8+ Raspberry Pi',
    ],
    [
      'Linux version 6.12.47+rpt-rpi-2712 (serge@raspberrypi.com) (aarch64-linux-gnu-gcc-14) #1 SMP',
      'arm64 6.12.47 +rpt-rpi-2712 Raspberry Pi',
    ],
    ['Linux version 6.18.44-fc-v657 (a@b) (gcc (GCC) 15.3.0) #1 SMP', ' 6.18.44 -fc-v657 '],
    ['<5>[    0.000000] Linux version 6.12.0 (a@b) (arm-linux-gnueabihf-gcc 13.2) #1 SMP', 'arm 6.12.0  '],
    [
      'Linux version 6.1.0-18-armmp (debian-kernel@lists.debian.org) (gcc-12 12.2.0) #1 SMP',
      'arm 6.1.0 -18-armmp Debian',
    ],
    [
      'Linux version 5.15.0-1034-raspi (buildd@bos03) (gcc 11.3.0) #37-Ubuntu\nBooting Linux on physical CPU 0x0000000000 [0x410fd083]',
      'arm64 5.15.0 -1034-raspi Ubuntu',
    ],
    ['Linux board 5.10.104-tegra #1 SMP PREEMPT Tue Jan 24 15:09:44 PST 2023 aarch64', 'arm64 5.10.104 -tegra NVIDIA'],
    ['root@x:~# Linux imx8 6.6.3-lts-next-imx #1 SMP Thu aarch64 GNU/Linux', 'arm64 6.6.3 -lts-next-imx NXP'],
    ['Linux armada 7.2.13 #1 SMP armv7l GNU/Linux', 'arm 7.2.13  '],
    ['Linux version 6.13-rc2 (gcc) #1\nCPU: ARMv7 Processor [414fc091] revision 1', 'arm 6.13-rc2  '],
    ['CPU: 0 UID: 0 PID: 1 Comm: init Not tainted 6.12.117-lab #1\nel0t_64_sync+0x1', 'arm64 6.12.117 -lab '],
    [
      'CPU: 2 PID: 12 Comm: v4l2 Tainted: G        W  O      5.10.0-28-arm64 #1 Debian',
      'arm64 5.10.0 -28-arm64 Debian',
    ],
    ['# function latency trace v1.1.5 on 6.12.107-lab', ' 6.12.107 -lab '],
    ['[0.0] Linux version 6.6.20-starfive (x) (riscv64-linux-gnu-gcc) #1', 'riscv64 6.6.20 -starfive StarFive'],
    ['Linux pc 6.12.9-amd64 #1 SMP PREEMPT_DYNAMIC Debian x86_64 GNU/Linux', 'x86_64 6.12.9 -amd64 Debian'],
    ['Linux version unknown\nhello', 'none'],
    ['', 'none'],
  ])('%s', (text, expected) => {
    expect(of(text)).toBe(expected)
  })
  it('takes the banner before the head of an oops, and says where it stands', () => {
    const text = 'boot\nCPU: 0 PID: 1 Comm: a Not tainted 5.4.0 #1\nLinux version 6.6.1 (gcc) #1'
    expect(kernelFromBanner(text)).toMatchObject({ release: '6.6.1', line: 3 })
  })
})
