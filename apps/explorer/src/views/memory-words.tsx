// Memory in words: what a device reaches, and the map as a table.
import type { MasterRow } from '@dmalab/api'
import type { Piece, Placed } from '../memory-map.ts'
import { address, bytes, shown } from './text.ts'

export const ReachText = ({ master }: { readonly master: MasterRow | null }) => {
  if (master === null) return null
  const { device, maskBits, busLimit, coherent, iommu, reach, memory, pools, means } = master
  return (
    <details>
      <summary>
        {shown(device)}: {maskBits}-bit mask{busLimit === undefined ? '' : `, bus up to ${address(busLimit)}`},{' '}
        {coherent ? 'snoops the caches' : 'does not snoop'}
        {iommu === undefined ? '' : `, IOMMU ${shown(iommu.name)} ${iommu.enabled ? 'in use' : 'switched off'}`},
        reaches {bytes(reach)} of {bytes(memory)}
        {pools.length === 0 ? '' : `, pools ${pools.map(shown).join(', ')}`}
      </summary>
      <ul>
        {means.map((one) => (
          <li key={one}>{shown(one)}</li>
        ))}
      </ul>
    </details>
  )
}

export const MapTable = ({
  pieces,
  here,
  blocked,
}: {
  readonly pieces: readonly Piece[]
  readonly here: readonly Placed[]
  readonly blocked: readonly { readonly x: number; readonly width: number }[]
}) => (
  <details>
    <summary>The map in words</summary>
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of memory">
      <table>
        <thead>
          <tr>
            <th scope="col">from</th>
            <th scope="col" class="number">
              size
            </th>
            <th scope="col">what</th>
            <th scope="col">struct page</th>
            <th scope="col">CPU mapping</th>
            <th scope="col">buffers now</th>
            <th scope="col">the device reaches</th>
          </tr>
        </thead>
        <tbody>
          {pieces
            .filter(({ kind }) => kind !== 'hole')
            .map((piece) => {
              const inside = here.filter(({ base }) => base >= piece.base && base < piece.base + piece.len)
              const lost = blocked
                .filter(({ x }) => x >= piece.x - 1e-9 && x < piece.x + piece.width)
                .reduce((sum, { width }) => sum + width, 0)
              return (
                <tr key={piece.base}>
                  <td class="mono">{address(piece.base)}</td>
                  <td class="number">{bytes(piece.len)}</td>
                  <td>{shown(piece.what)}</td>
                  <td>{piece.struct}</td>
                  <td>{piece.mapping}</td>
                  <td>
                    {inside.length === 0
                      ? ''
                      : `${inside.length}, ${bytes(inside.reduce((sum, { len }) => sum + len, 0))}`}
                  </td>
                  <td>{lost === 0 ? 'all' : lost >= piece.width - 1e-9 ? 'nothing' : 'a part'}</td>
                </tr>
              )
            })}
        </tbody>
      </table>
    </div>
  </details>
)
