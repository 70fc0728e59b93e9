// Archives for tests.
export interface TarFile {
  readonly name: string
  readonly body?: string | Uint8Array
  readonly type?: string
}

const header = ({ name, type = '0' }: TarFile, size: number): Uint8Array => {
  const block = Buffer.alloc(512)
  block.write(name, 0, 100)
  block.write('0000644\0', 100)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('        ', 148)
  block.write(type, 156)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

export const tar = (files: readonly TarFile[]): Buffer =>
  Buffer.concat([
    ...files.flatMap((file) => {
      const body = Buffer.from(file.body ?? '')
      return [header(file, body.length), body, Buffer.alloc((512 - (body.length % 512)) % 512)]
    }),
    Buffer.alloc(1024),
  ])
