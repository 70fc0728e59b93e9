import { pluginApi } from '@dmalab/api'
import { expect, it } from 'vitest'
import plugin from '../src/index.ts'

const { drivers = [] } = plugin(pluginApi)

it('every driver has a name of its own and says what it models', () => {
  expect(new Set(drivers.map(({ name }) => name)).size).toBe(drivers.length)
  expect(drivers.filter(({ source }) => source === '')).toEqual([])
})

it('a class of devices has one driver at most, so that a board need not name it', () => {
  const classes = drivers.flatMap((driver) => driver.classes)
  expect(classes.filter((one, i) => classes.indexOf(one) !== i)).toEqual([])
})
