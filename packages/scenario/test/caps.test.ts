// Caps as GStreamer reads them: blanks and newlines, lists, ranges, and where either ends.
import { describe, expect, it } from 'vitest'
import { printCaps } from '../src/caps/caps.ts'
import { readCaps } from '../src/caps/read-caps.ts'

const again = (text: string): string | undefined => {
  const caps = readCaps(text)
  return caps === undefined ? undefined : printCaps(caps)
}

describe('white space', () => {
  const plain = again('video/x-raw,format=NV12,width=(int)64')
  it.each([
    'video/x-raw, format=NV12, width=(int)64',
    'video/x-raw,\nformat=NV12,\n\twidth=(int)64',
    'video/x-raw,\\ format=NV12,\\\n width=(int)64',
    'video/x-raw,format=NV12,width=(int)64;',
  ])('%j says the same', (text) => {
    expect(plain).toContain('NV12')
    expect(again(text)).toBe(plain)
  })
})

describe('a range', () => {
  it.each([
    ['width=[1,4096]', 'width=[ 1 , 4096 ]'],
    ['width=(int)[1,4096]', 'width=[\n1,\n4096\n]'],
    ['framerate=[0/1,60/1]', 'framerate=[ 0/1, 60/1 ]'],
    ['format={NV12,NV21}', 'format={ NV12, NV21 }'],
  ])('%s is %j', (one, other) => {
    const read = again(`video/x-raw,${one}`)
    expect(read).toContain('video/x-raw')
    expect(again(`video/x-raw,${other}`)).toBe(read)
  })
  it.each(['width=[1,4096', 'width=[1 4096]', 'width=[', 'format={NV12', 'width=[1,x]', 'width=(int)[1.5,2]'])(
    'video/x-raw,%s is none',
    (text) => {
      expect(again(`video/x-raw,${text}`)).toBeUndefined()
    },
  )
})
