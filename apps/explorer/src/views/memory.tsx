// Physical memory: what lies where at the chosen event, and what the chosen device reaches of it.
import type { BoardDescription, MasterRow } from '@dmalab/api'
import { useMemo } from 'preact/hooks'
import { chooseBuffer, useStore } from '../store.ts'
import {
  blockedFor,
  buffersAt,
  mappedAt,
  type Piece,
  placed,
  type Placed,
  placeOf,
  regionsOf,
  regionsOfBuffers,
  windowsOf,
} from '../memory-map.ts'
import { MapTable, ReachText } from './memory-words.tsx'
import { address, bytes, count, cut, shown } from './text.ts'
import { useWidth } from './width.ts'

/** Fewest pixels of the strip's width; a narrower page scrolls it. */
const NARROWEST = 640
const STRIP = { top: 34, height: 54 }

const FILL: Readonly<Record<Piece['kind'], string>> = {
  memory: 'var(--soft)',
  pool: 'light-dark(#d9e8d6, #2d4031)',
  cma: 'light-dark(#d8e3f3, #2a3a50)',
  bounce: 'light-dark(#ecd9f2, #43304b)',
  reserved: 'light-dark(#eadfce, #453a2a)',
  hole: 'none',
}

export const Memory = ({ board }: { readonly board: BoardDescription | null }) => {
  const store = useStore()
  const { width, place } = useWidth(NARROWEST)
  const { timeline, events, device, event, run } = store
  const line = timeline.value
  const boot = run.value?.boot ?? null
  const pieces = useMemo(
    () => placed(board !== null ? regionsOf(board, boot) : line === null ? [] : regionsOfBuffers(line)),
    [board, boot, line],
  )
  if (line === null || pieces.length === 0) return null
  const at = event.value ?? line.count - 1
  const master = masterOf(board, device.value)
  const here = buffersAt(line, at)
  const blocked = master === null ? [] : blockedFor(pieces, master)
  const mapped = device.value === null ? [] : mappedAt(line, events.value, device.value, at)
  const names = board?.masters.map((one) => one.device) ?? line.lanes.slice(1).map(({ name }) => name)
  return (
    <section class="card wide" aria-labelledby="memory-title" data-view="memory">
      <header>
        <h2 id="memory-title">Memory</h2>
        <p class="dim">
          physical addresses, small regions enlarged; {count(here.length)} pieces of buffers at event {at}
        </p>
        <label class="tools">
          device{' '}
          <select value={device.value ?? ''} onChange={({ currentTarget }) => (device.value = currentTarget.value)}>
            <option value="">none</option>
            {device.value !== null && !names.includes(device.value) ? (
              <option value={device.value}>{cut(device.value, 60)}</option>
            ) : null}
            {names.slice(0, 400).map((name) => (
              <option key={name} value={name}>
                {cut(name, 60)}
              </option>
            ))}
          </select>
        </label>
      </header>
      <div ref={place} class="scroll" tabIndex={0} role="region" aria-label="Map of physical memory">
        <svg
          viewBox={`0 0 ${width} 172`}
          style={{ width: '100%', minWidth: `${NARROWEST}px`, display: 'block' }}
          role="group"
          aria-label="Map of memory; the table below has the same"
        >
          <defs>
            <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <path d="M0 0 V7" style={{ stroke: 'var(--fault)', strokeWidth: '1.6' }} />
            </pattern>
          </defs>
          {pieces.map((piece) => (
            <Region key={piece.base} piece={piece} wide={width} />
          ))}
          {here.slice(0, MOST).map((one, i) => (
            <BufferMark key={i} one={one} pieces={pieces} wide={width} />
          ))}
          {blocked.map((part, i) => (
            <rect
              key={i}
              x={part.x * width}
              y={STRIP.top}
              width={part.width * width}
              height={STRIP.height}
              style={{ fill: 'url(#hatch)', opacity: '0.65', pointerEvents: 'none' }}
            />
          ))}
          {master === null ? null : <Reach master={master} pieces={pieces} wide={width} />}
          {mapped.slice(0, MOST).map(({ phys, bus, len, buffer }, i) => (
            <Translation
              key={i}
              wide={width}
              pieces={pieces}
              phys={phys}
              bus={bus}
              len={len}
              isChosen={store.buffer.value === buffer}
            />
          ))}
        </svg>
      </div>
      <p class="legend">
        <span>
          <i class="swatch--device" /> buffer of a driver
        </span>
        <span>
          <i class="swatch--cpu" /> buffer of user space
        </span>
        <span>
          <i class="region pool" /> pool
        </span>
        <span>
          <i class="region cma" /> CMA
        </span>
        <span>
          <i class="region bounce" /> bounce slots
        </span>
        <span>
          <i class="region reserved" /> reserved
        </span>
        {blocked.length > 0 ? (
          <span class="word bad">hatched: {shown(device.value ?? '')} does not reach it</span>
        ) : null}
        {mapped.length > 0 ? <span>below: what the device has mapped, by bus address</span> : null}
      </p>
      <ReachText master={master} />
      <MapTable pieces={pieces} here={here} blocked={blocked} />
    </section>
  )
}

const MOST = 600

const masterOf = (board: BoardDescription | null, device: string | null): MasterRow | null =>
  board?.masters.find((master) => master.device === device) ??
  board?.masters.find((master) => device?.startsWith(`${master.device}.`) === true) ??
  null

const Region = ({ piece, wide }: { readonly piece: Piece; readonly wide: number }) => {
  const { base, len, what, kind } = piece
  const [x, width] = [piece.x * wide, piece.width * wide]
  return (
    <g>
      <title>{`${what}: ${address(base)}, ${bytes(len)}`}</title>
      <rect
        x={x}
        y={STRIP.top}
        width={Math.max(1, width)}
        height={STRIP.height}
        style={{ fill: FILL[kind], stroke: 'var(--rule)', strokeDasharray: kind === 'hole' ? '2 3' : '' }}
      />
      {width > 46 && kind !== 'hole' ? (
        <text x={x + 3} y="12">
          {cut(what, Math.floor((width - 6) / 7.2))}
        </text>
      ) : null}
      {width > 84 && kind !== 'hole' ? (
        <text x={x + 3} y="27" class="mono dim">
          {address(base)}
        </text>
      ) : null}
    </g>
  )
}

const BufferMark = ({
  one,
  pieces,
  wide,
}: {
  readonly one: Placed
  readonly pieces: readonly Piece[]
  readonly wide: number
}) => {
  const store = useStore()
  const { buffer, base, len } = one
  const x = placeOf(pieces, base) * wide
  const width = Math.max(2, (placeOf(pieces, base + len - 1) - placeOf(pieces, base)) * wide)
  const isChosen = store.buffer.value === buffer.id
  return (
    <rect
      class="hit"
      x={x}
      y={STRIP.top + 12}
      width={width}
      height={STRIP.height - 24}
      style={{
        fill: buffer.kind === 'user' ? 'var(--cpu)' : 'var(--device)',
        stroke: isChosen ? 'var(--chosen)' : 'var(--card)',
        strokeWidth: isChosen ? '2.5' : '0.6',
      }}
      onClick={() => chooseBuffer(store, buffer.id)}
    >
      <title>{`${buffer.name}: ${address(base)}, ${bytes(len)}`}</title>
    </rect>
  )
}

/** A device's windows, with the bus addresses that they give memory. */
const Reach = ({
  master,
  pieces,
  wide,
}: {
  readonly master: MasterRow
  readonly pieces: readonly Piece[]
  readonly wide: number
}) => (
  <>
    {windowsOf(pieces, master).map(({ x, width, bus, cpu }, i) => (
      <g key={i}>
        <title>{`window: CPU ${address(cpu)} is bus ${address(bus)}`}</title>
        <path
          d={`M${x * wide} 96 v6 h${Math.max(2, width * wide)} v-6`}
          style={{ fill: 'none', stroke: 'var(--link)', strokeWidth: '1.5' }}
        />
        <text x={x * wide + 3} y="116" class="mono">
          bus {address(bus)}
        </text>
      </g>
    ))}
  </>
)

/** What a device calls a buffer, with a line to where it lies. */
const Translation = ({
  pieces,
  phys,
  bus,
  len,
  isChosen,
  wide,
}: {
  readonly wide: number
  readonly pieces: readonly Piece[]
  readonly phys: number
  readonly bus: number
  readonly len: number
  readonly isChosen: boolean
}) => {
  const x = placeOf(pieces, phys) * wide
  const isSame = bus === phys
  // Bus addresses of 32 bits lie over the whole width, and those beyond at its end.
  const to = isSame ? x : Math.min(1, bus / 2 ** 32) * (wide - 60)
  return (
    <g style={{ opacity: isChosen ? '1' : '0.45' }}>
      <title>{`bus ${address(bus)} is ${address(phys)}, ${bytes(len)}`}</title>
      <path
        d={`M${x} ${STRIP.top + STRIP.height} L${x} 122 L${to} 140`}
        style={{ fill: 'none', stroke: isSame ? 'var(--dim)' : 'var(--bounce)', strokeWidth: isChosen ? '2' : '1' }}
      />
      <path d={`M${to} 144 l-3 -6 h6 z`} style={{ fill: isSame ? 'var(--dim)' : 'var(--bounce)' }} />
      {isChosen ? (
        <text x={Math.min(wide - 200, to + 4)} y="158" class="mono">
          bus {address(bus)}
          {isSame ? ', the same' : ', translated'}
        </text>
      ) : null}
    </g>
  )
}
