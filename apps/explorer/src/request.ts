// The request that a form means.
import { ASSUME_WORDS, InputError, RUN_DEFAULTS, type WorkSpec } from '@dmalab/api'
import { parseSize, type RunRequest } from '@dmalab/lab'
import { type Form, isScenario } from './form.ts'

/** @throws InputError for what is no number, pair or size, with the name of the field */
export const requestOf = (form: Form): RunRequest => {
  const cmdline = form.cmdline.trim()
  const size = form.size.trim()
  if (size !== '') parseSize(size)
  return {
    board: form.board,
    kernels: form.kernels,
    config: words(form.config),
    ...(cmdline === '' ? {} : { cmdline }),
    work: workOf(form),
    frames: number('frames', form.frames),
    size: size === '' ? null : size,
    format: form.format.trim() === '' ? null : form.format.trim(),
    buffers: number('buffers', form.buffers) ?? RUN_DEFAULTS.buffers,
    seed: number('seed', form.seed) ?? RUN_DEFAULTS.seed,
    restart: number('restart', form.restart),
    inject: words(form.inject),
    bind: Object.fromEntries(words(form.bind).map(pair)),
    assume: ASSUME_WORDS.filter((word) => form.assume.includes(word)),
    adversarialCache: form.adversarialCache,
  }
}

const workOf = ({ work, file, log }: Form): WorkSpec =>
  log ?? (isScenario(work) ? { scenario: work, file } : { line: work.trim() })

const words = (value: string): readonly string[] => value.split(/\s+/).filter((word) => word !== '')

const number = (name: string, value: string): number | null => {
  const given = value.trim()
  if (given === '') return null
  if (!/^\d+$/.test(given)) throw new InputError(`${name} is '${given}'; it must be a whole number`)
  return Number(given)
}

const pair = (word: string): readonly [string, string] => {
  const [element = '', device = '', more] = word.split('=')
  if (element === '' || device === '' || more !== undefined)
    throw new InputError(`bind: '${word}' is not element=device, such as v4l2video4dec=codec`)
  return [element, device]
}
