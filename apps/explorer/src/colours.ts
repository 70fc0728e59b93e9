// Colours of the style sheet, for what is painted on a canvas.
import type { Colours } from './timeline-view.ts'

const value = (style: CSSStyleDeclaration, name: string): string => style.getPropertyValue(name)

/** What light-dark() means now: the browser resolves it in the colour of a real element. */
const resolved = (names: readonly string[]): readonly string[] => {
  const probe = document.createElement('span')
  probe.hidden = true
  document.body.append(probe)
  const found = names.map((name) => {
    probe.style.color = `var(${name})`
    return value(getComputedStyle(probe), 'color')
  })
  probe.remove()
  return found
}

export const coloursOf = (): Colours => {
  const [
    cpu = '',
    device = '',
    transit = '',
    good = '',
    dim = '',
    bounce = '',
    warn = '',
    fault = '',
    ink = '',
    rule = '',
    soft = '',
    card = '',
    chosen = '',
  ] = resolved([
    '--cpu',
    '--device',
    '--transit',
    '--good',
    '--dim',
    '--bounce',
    '--warn',
    '--fault',
    '--ink',
    '--rule',
    '--soft',
    '--card',
    '--chosen',
  ])
  return {
    owners: { cpu, device, transit },
    ticks: { access: dim, cache: dim, sync: good, bounce, refused: warn, wrong: fault, fault },
    ink,
    dim,
    rule,
    soft,
    card,
    chosen,
  }
}
