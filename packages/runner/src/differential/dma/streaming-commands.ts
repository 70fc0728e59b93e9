// Streaming mappings: single pages, lists, device memory; sync, and the device's access.
import { PAGE_SIZE, type Pfn, phys, type PhysAddr, physOf } from '@dmalab/api'
import { deviceRead, deviceWrite } from './device-access.ts'
import { command, type Command, DIRECTION, listCommand, NAME, NUMBER, optional, PHYS, PIECE, WORD } from './params.ts'
import { crc, pattern } from './pattern.ts'
import { physIn } from './phys-place.ts'
import { isTranslated, listPlaces, placeOf } from './places.ts'
import { listOf } from './objects.ts'

export const STREAMING_COMMANDS: Readonly<Record<string, Command>> = {
  map: command(
    { name: NAME, device: NAME, pages: NAME, offset: NUMBER, size: NUMBER, dir: DIRECTION, attrs: NUMBER },
    (boot, { name, device: deviceName, pages: pagesName, offset, size, dir, attrs }) => {
      const device = boot.device(deviceName)
      const pages = boot.find('pages', pagesName)
      if (device === undefined || pages === undefined) return 'map bad'
      const page = pageAt(pages.pfn, offset)
      const got = boot.lab.dma.mapPageAttrs(device, page, offset % PAGE_SIZE, size, dir, attrs)
      if (!got.ok) return 'map EIO'
      boot.put({
        kind: 'mapping',
        name,
        device,
        handle: got.value,
        size,
        dir,
        attrs,
        by: 'page',
        pages: { of: pages, offset },
      })
      const at = (physOf(pages.pfn) + offset) as PhysAddr
      return `map ok ${placeOf(boot.lab, device, got.value, size, at)}`
    },
  ),

  sgmap: listCommand(
    { name: NAME, device: NAME, dir: DIRECTION, attrs: NUMBER },
    PIECE,
    (boot, { name, device: deviceName, dir, attrs }, pieces) => {
      const { lab } = boot
      const device = boot.device(deviceName)
      if (device === undefined) return 'sgmap bad'
      const entries = []
      for (const { name: of, offset, len } of pieces) {
        const pages = boot.find('pages', of)
        if (pages === undefined) return 'sgmap bad'
        entries.push({ page: pageAt(pages.pfn, offset), offset: offset % PAGE_SIZE, length: len })
      }
      const table = lab.sgTable(entries)
      const got = lab.dma.mapSgAttrs(device, table, dir, attrs)
      if (!got.ok) {
        lab.sgFree(table)
        return `sgmap ${got.errno}`
      }
      boot.put({ kind: 'list', name, device, table, dir, attrs })
      return `sgmap ok ${listPlaces(lab, device, table)}`
    },
  ),

  mphys: command(
    { name: NAME, device: NAME, at: PHYS, size: NUMBER, dir: DIRECTION, attrs: NUMBER },
    (boot, { name, device: deviceName, at, size, dir, attrs }) => {
      if (!boot.lab.facts.mapsByPhys) return 'mphys absent'
      const device = boot.device(deviceName)
      const where = physIn(boot, at)
      if (device === undefined || where === undefined) return 'mphys bad'
      const got = boot.lab.dma.mapPhys(device, where, size, dir, attrs)
      if (!got.ok) return 'mphys EIO'
      boot.put({ kind: 'mapping', name, device, handle: got.value, size, dir, attrs, by: 'phys', pages: null })
      return `mphys ok ${placeOf(boot.lab, device, got.value, size, where)}`
    },
  ),

  res: command(
    { name: NAME, device: NAME, at: NUMBER, size: NUMBER, dir: DIRECTION, attrs: optional(NUMBER, 0) },
    (boot, { name, device: deviceName, at, size, dir, attrs }) => {
      const device = boot.device(deviceName)
      if (device === undefined) return 'res bad'
      const got = boot.lab.dma.mapResource(device, phys(at), size, dir, attrs)
      if (!got.ok) return 'res EIO'
      boot.put({ kind: 'mapping', name, device, handle: got.value, size, dir, attrs, by: 'resource', pages: null })
      if (isTranslated(device)) return `res ok ${placeOf(boot.lab, device, got.value, size)}`
      return `res ok bus=${got.value.toString(16)}+${size.toString(16)}`
    },
  ),

  unmap: command({ name: NAME, attrs: optional(NUMBER, -1) }, (boot, { name, attrs }) => {
    const object = boot.get(name)
    if (object?.kind !== 'mapping' && object?.kind !== 'list') return 'unmap bad'
    boot.drop(attrs < 0 ? object : { ...object, attrs })
    return 'unmap ok'
  }),

  sync: command(
    { name: NAME, to: WORD, dir: DIRECTION, offset: optional(NUMBER, 0), len: optional(NUMBER, 0) },
    (boot, { name, to, dir, offset, len }) => {
      const { dma } = boot.lab
      const object = boot.get(name)
      if (object?.kind === 'mapping') {
        if (object.by === 'resource') return 'sync bad'
        const handle = (object.handle + offset) as typeof object.handle
        if (to === 'cpu') dma.syncSingleForCpu(object.device, handle, len, dir)
        else dma.syncSingleForDevice(object.device, handle, len, dir)
        return 'sync ok'
      }
      const list = object === undefined ? undefined : listOf(object)
      if (list === undefined || (object?.kind !== 'list' && object?.kind !== 'attachment')) return 'sync bad'
      if (to === 'cpu') dma.syncSgForCpu(object.device, list.table, dir)
      else dma.syncSgForDevice(object.device, list.table, dir)
      return 'sync ok'
    },
  ),

  dread: command({ name: NAME, offset: NUMBER, len: NUMBER }, (boot, { name, offset, len }) => {
    const read = deviceRead(boot, name, offset, len)
    return `dread ${typeof read === 'string' ? read : crc(read)}`
  }),

  dwrite: command(
    { name: NAME, offset: NUMBER, len: NUMBER, seed: optional(NUMBER, 0) },
    (boot, { name, offset, len, seed }) => `dwrite ${deviceWrite(boot, name, offset, pattern(seed, len))}`,
  ),
}

const pageAt = (first: Pfn, offset: number) =>
  ({ kind: 'page', pfn: (first + Math.floor(offset / PAGE_SIZE)) as Pfn }) as const
