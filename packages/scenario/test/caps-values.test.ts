// Values of caps: what is read, what is printed, what two of them have in common, at each limit.
import { describe, expect, it } from 'vitest'
import { intersectCaps, intersectValues, numberOf, printCaps, type Caps, type CapsValue } from '../src/caps/caps.ts'
import { readCaps } from '../src/caps/read-caps.ts'

const read = (text: string): Caps => {
  const caps = readCaps(text)
  if (caps === undefined) throw new Error(`${text} is not caps`)
  return caps
}
const printed = (text: string): string | undefined => {
  const caps = readCaps(text)
  return caps && printCaps(caps)
}
const value = (text: string): CapsValue => {
  const caps = read(`a/b,f=${text}`)
  const found = caps.any ? undefined : caps.structures[0]?.fields[0]?.[1]
  if (found === undefined) throw new Error(`${text} is no value`)
  return found
}
const shown = (one: CapsValue | undefined): string =>
  one === undefined
    ? 'nothing'
    : printCaps({ any: false, structures: [{ name: 'x', fields: [['f', one]] }] }).replace('x, f=', '')

describe('caps are read', () => {
  it.each([
    ['ANY', 'ANY'],
    ['EMPTY', 'EMPTY'],
    ['NONE', 'EMPTY'],
    ['video/x-raw', 'video/x-raw'],
    ['video/x-raw;', 'video/x-raw'],
    ['video/x-raw,', 'video/x-raw'],
    ['video/x-raw; audio/x-raw', 'video/x-raw; audio/x-raw'],
    ['video/x-raw,a=1;audio/x-raw,b=2', 'video/x-raw, a=(int)1; audio/x-raw, b=(int)2'],
    ['video/x-raw(memory:DMABuf)', 'video/x-raw(memory:DMABuf)'],
    ['video/x-raw(memory:DMABuf, meta:X)', 'video/x-raw(memory:DMABuf, meta:X)'],
    ['video/x-raw(memory:SystemMemory)', 'video/x-raw'],
    ['video/x-raw(memory:SystemMemory, meta:X)', 'video/x-raw(memory:SystemMemory, meta:X)'],
    ['video/x-raw(ANY)', 'video/x-raw(ANY)'],
    ['video/x-raw(nonsense)', 'video/x-raw'],
    ['video/x-raw(memory:DMABuf),a=1', 'video/x-raw(memory:DMABuf), a=(int)1'],
    ['x,a=-5', 'x, a=(int)-5'],
    ['x,a=1.5', 'x, a=(double)1.5'],
    ['x,a=30/1', 'x, a=(fraction)30/1'],
    ['x,a=true', 'x, a=(boolean)true'],
    ['x,a=word', 'x, a=(string)word'],
    ['x,a=(string)5', 'x, a=(string)5'],
    ['x,a=( string )5', 'x, a=(string)5'],
    ['x,a=(uint)5', 'x, a=(uint)5'],
    ['x,a="two words"', 'x, a=(string)"two\\ words"'],
    ['x,a="q\\"q"', 'x, a=(string)"q\\"q"'],
    ['x,a="\\303\\274"', 'x, a=(string)"\\303\\274"'],
    ['x,a={}', 'x, a=(int){  }'],
    ['x,a={1}', 'x, a=(int){ 1 }'],
    ['x,a=(int){1,2}', 'x, a=(int){ 1, 2 }'],
    ['x,a=<1,2>', 'x, a=(int)< 1, 2 >'],
    ['x,a={<1,2>,<3>}', 'x, a=(int){ < 1, 2 >, < 3 > }'],
    ['x,a=[1,2]', 'x, a=(int)[ 1, 2 ]'],
    ['x,a=[1,9,1]', 'x, a=(int)[ 1, 9, 1 ]'],
    ['x,a=[2,8,2]', 'x, a=(int)[ 2, 8, 2 ]'],
    ['x,a=(int)[1,2]', 'x, a=(int)[ 1, 2 ]'],
    ['x,a=(double)[1,2]', 'x, a=(double)[ 1, 2 ]'],
    ['x,a=1,a=2', 'x, a=(int)2'],
  ])('%s', (text, out) => {
    expect(printed(text)).toBe(out)
  })

  it.each([
    '',
    '1x',
    ',',
    'x y',
    'x(a',
    'x,a',
    'x,a=',
    'x,=1',
    'x,a=(nothing)1',
    'x,a=(int)word',
    'x,a=(int',
    'x,a={1 2}',
    'x,a={1,}',
    'x,a={1',
    'x,a=<1',
    'x,a=[1]',
    'x,a=[1,2,3,4]',
    'x,a=[2,8,2,2]',
    'x,a=[2,1]',
    'x,a=[1,1]',
    'x,a=[1,8,3]',
    'x,a=[2,7,2]',
    'x,a=[1,9,0]',
    'x,a=[2,8,-2]',
    'x,a=[1,2.5]',
    'x,a=[a,b]',
    'x,a=(boolean)[true,false]',
    'x,a=[{1},2]',
    'x,a="open',
    'x,a=1 b=2',
    'x; ;y',
  ])('%j is none', (text) => {
    expect(printed(text)).toBeUndefined()
  })
})

describe('what two values have in common', () => {
  it.each([
    ['1', '1', '(int)1'],
    ['1', '2', 'nothing'],
    ['1', '(string)1', 'nothing'],
    ['a', 'a', '(string)a'],
    ['[1,9]', '1', '(int)1'],
    ['[1,9]', '9', '(int)9'],
    ['[1,9]', '0', 'nothing'],
    ['[1,9]', '10', 'nothing'],
    ['[1,9]', '(double)5', 'nothing'],
    ['5', '[1,9]', '(int)5'],
    ['0', '[1,9]', 'nothing'],
    ['[2,8,2]', '4', '(int)4'],
    ['[2,8,2]', '5', 'nothing'],
    ['[1,9]', '[5,20]', '(int)[ 5, 9 ]'],
    ['[5,20]', '[1,9]', '(int)[ 5, 9 ]'],
    ['[1,5]', '[5,9]', '(int)5'],
    ['[1,4]', '[5,9]', 'nothing'],
    ['[1,9]', '[3,4]', '(int)[ 3, 4 ]'],
    ['[1,9]', '(double)[1,9]', 'nothing'],
    ['[0/1,30/1]', '[15/1,60/1]', '(fraction)[ 15/1, 30/1 ]'],
    ['{1,2,3}', '{2,3,4}', '(int){ 2, 3 }'],
    ['{1,2,3}', '{3,4}', '(int)3'],
    ['{1,2}', '{3,4}', 'nothing'],
    ['{1,2}', '2', '(int)2'],
    ['2', '{1,2}', '(int)2'],
    ['[1,9]', '{0,5,9}', '(int){ 5, 9 }'],
    ['{1,20}', '[5,30]', '(int)20'],
    ['<1,2>', '<1,2>', '(int)< 1, 2 >'],
    ['<1,2>', '<2,1>', 'nothing'],
    ['<1>', '1', 'nothing'],
    ['[1,9]', '<1>', 'nothing'],
    ['<1>', '[1,9]', 'nothing'],
  ])('%s and %s: %s', (a, b, both) => {
    expect(shown(intersectValues(value(a), value(b)))).toBe(both)
  })
})

describe('what two caps have in common', () => {
  const both = (a: string, b: string): string | undefined => {
    const found = intersectCaps(read(a), read(b))
    return found && printCaps(found)
  }
  it.each([
    ['ANY', 'x,a=1', 'x, a=(int)1'],
    ['x,a=1', 'ANY', 'x, a=(int)1'],
    ['ANY', 'ANY', 'ANY'],
    ['x', 'x', 'x'],
    ['x,a=1', 'x,b=2', 'x, a=(int)1, b=(int)2'],
    ['x,a=[1,9]', 'x,a=5,b=2', 'x, a=(int)5, b=(int)2'],
    ['x;y', 'y;z', 'y'],
    ['x,a=1;x,a=2', 'x,a=[2,3];x,a=[1,3]', 'x, a=(int)1; x, a=(int)2; x, a=(int)2'],
    ['x(memory:DMABuf)', 'x(memory:DMABuf)', 'x(memory:DMABuf)'],
    ['x(a:B, c:D)', 'x(c:D, a:B)', 'x(a:B, c:D)'],
  ])('%s and %s: %s', (a, b, out) => {
    const found = both(a, b)
    expect(found?.split('; ').toSorted()).toEqual(out.split('; ').toSorted())
  })

  it.each([
    ['x', 'y'],
    ['x,a=1', 'x,a=2'],
    ['x(memory:DMABuf)', 'x'],
    ['x', 'x(memory:DMABuf)'],
    ['x(memory:DMABuf)', 'x(memory:DMABuf, meta:X)'],
    ['EMPTY', 'x'],
    ['x', 'EMPTY'],
  ])('%s and %s: nothing', (a, b) => {
    expect(both(a, b)).toBeUndefined()
  })
})

it.each([
  ['5', 5],
  ['-1.5', -1.5],
  ['30/2', 15],
  ['30000/1001', 30_000 / 1001],
])('%s is the number %d', (text, number) => {
  expect(numberOf(text)).toBe(number)
})
