// Sections: tables for 128 MiB of physical space, made on first touch and found through a directory.
import * as L from './shared/layout'
import { sectionFrames } from './config'
import { wordFor, wordOf } from './directory'
import { keptTake } from './kept'

/** Tables of the section that holds a page; 0 where nothing was ever touched. */
export function sectionOf(pfn: u32): usize {
  return <usize>load<u32>(wordOf(pfn >> L.SECTION_SHIFT, L.SECTION_DIRECTORY_BASE))
}

/** As sectionOf, for a page that is about to change; makes the tables where there are none. */
export function sectionFor(pfn: u32): usize {
  let section = sectionOf(pfn)
  if (section == 0) section = makeSection(pfn)
  store<u8>(section + (indexOf(pfn) >> 6), 1, L.S_TOUCHED)
  return section
}

/** Widens the span of directory entries that a reset clears; `first` and `end` are offsets in the header. */
export function span(from: u32, to: u32, first: usize, end: usize): void {
  const has = load<u32>(<usize>L.HEADER_BASE + end)
  if (has == 0 || from < load<u32>(<usize>L.HEADER_BASE + first)) store<u32>(<usize>L.HEADER_BASE + first, from)
  if (to > has) store<u32>(<usize>L.HEADER_BASE + end, to)
}

/** Page of a pfn within its section. */
export function indexOf(pfn: u32): u32 {
  return pfn & (L.SECTION_PAGES - 1)
}

function makeSection(pfn: u32): usize {
  const number = pfn >> L.SECTION_SHIFT
  const word = wordFor(number, L.SECTION_DIRECTORY_BASE)
  const section = keptTake(L.KEPT_SECTION, sectionFrames)
  store<u32>(word, <u32>section)
  store<u32>(section, number, L.S_NUMBER)
  span(number, number + 1, L.H_SECTIONS_FIRST, L.H_SECTIONS_END)
  store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_SECTIONS) + 1, L.H_SECTIONS)
  return section
}

/** Address of a frame's bytes; frame 0 reads as poison and must not be written. */
export function frameAddress(frame: u32): usize {
  return frame != 0 ? (<usize>frame) << L.PAGE_SHIFT : <usize>L.POISON_BASE
}

export function dramFrame(section: usize, index: u32): u32 {
  return load<u32>(section + ((<usize>index) << 2), L.S_DRAM)
}
export function setDramFrame(section: usize, index: u32, frame: u32): void {
  store<u32>(section + ((<usize>index) << 2), frame, L.S_DRAM)
}
export function cpuFrame(section: usize, index: u32): u32 {
  return load<u32>(section + ((<usize>index) << 2), L.S_CPU)
}
export function setCpuFrame(section: usize, index: u32, frame: u32): void {
  store<u32>(section + ((<usize>index) << 2), frame, L.S_CPU)
}
