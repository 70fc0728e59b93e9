// Bytes over the run: CMA in use, mapped, touched by the CPU, bounced.
import { useEffect, useMemo, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { figuresOf } from '../figures-of.ts'
import { chooseEvent, useStore } from '../store.ts'
import { bytes } from './text.ts'

const COLOURS = ['--cpu', '--good', '--device', '--warn', '--bounce']
const MIB = 2 ** 20

export const Figures = () => {
  const store = useStore()
  const place = useRef<HTMLDivElement>(null)
  const events = store.events.value
  const figures = useMemo(() => figuresOf(events), [events])
  useEffect(() => {
    const { current } = place
    if (current === null || figures.series.length === 0) return undefined
    const make = (): uPlot => {
      const style = getComputedStyle(current)
      const colour = (name: string): string => {
        current.style.color = `var(${name})`
        const found = style.color
        current.style.color = ''
        return found
      }
      const [ink, rule] = [colour('--ink'), colour('--rule')]
      const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 } }
      return new uPlot(
        {
          width: Math.max(280, current.clientWidth),
          height: 230,
          scales: { x: { time: false } },
          axes: [
            { ...axis, label: 'event', labelSize: 18 },
            { ...axis, size: 72, values: (_plot, values) => values.map((value) => `${value} MiB`) },
          ],
          series: [
            { label: 'event' },
            ...figures.series.map(({ name }, i) => ({
              label: name,
              stroke: colour(COLOURS[i % COLOURS.length] ?? '--ink'),
              width: 1.6,
              value: (_plot: uPlot, value: number | null) => (value === null ? '' : bytes(Math.round(value * MIB))),
            })),
          ],
        },
        [[...figures.x], ...figures.series.map(({ values }) => values.map((value) => value / MIB))],
        current,
      )
    }
    let plot = make()
    const again = (): void => {
      plot.destroy()
      plot = make()
    }
    const resized = new ResizeObserver(() => plot.setSize({ width: Math.max(280, current.clientWidth), height: 230 }))
    resized.observe(current)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', again)
    const choose = (): void => {
      const at = figures.x[plot.cursor.idx ?? -1]
      if (at !== undefined) chooseEvent(store, at)
    }
    current.addEventListener('click', choose)
    return () => {
      current.removeEventListener('click', choose)
      dark.removeEventListener('change', again)
      resized.disconnect()
      plot.destroy()
    }
  }, [figures])
  if (figures.series.length === 0) return null
  return (
    <section class="card" aria-labelledby="figures-title" data-view="figures">
      <header>
        <h2 id="figures-title">Bytes over the run</h2>
      </header>
      <div ref={place} aria-hidden="true" />
      <table class="hidden-unless-read">
        <caption class="hidden">Bytes over the run</caption>
        <thead>
          <tr>
            <th scope="col">bytes</th>
            <th scope="col">most</th>
            <th scope="col">at the end</th>
          </tr>
        </thead>
        <tbody>
          {figures.series.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{bytes(Math.max(...values))}</td>
              <td>{bytes(values.at(-1) ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
