// The elements of GStreamer 1.22's own plugin (coreelements): writable properties with their types, and pads.
import { request, SINK, sometimes, SRC } from './element-facts.ts'
import type { ElementFacts, PadTemplate, UserSpaceRole } from './element-facts.ts'
import { properties } from './property-table.ts'

const OBJECT = 'name:string parent:object'
const BASE_SRC = `${OBJECT} blocksize:uint num-buffers:int typefind,do-timestamp:boolean`
const BASE_SINK = `${OBJECT} sync,qos,async,enable-last-sample:boolean max-lateness,ts-offset:int64 blocksize:uint
  render-delay,throttle-time,max-bitrate,processing-deadline:uint64`
const FORMAT = '0=undefined,1=default,2=bytes,3=time,4=buffers,5=percent'
const STATE_ERROR =
  '0=none,1=null-to-ready,2=ready-to-paused,3=paused-to-playing,4=playing-to-paused,5=paused-to-ready,6=ready-to-null'

interface Extra {
  readonly proxy?: boolean
  readonly autoName?: string
  readonly requestName?: string
}

const core = (
  factory: string,
  role: UserSpaceRole,
  pads: readonly PadTemplate[],
  props: string,
  { proxy = false, autoName = factory, requestName }: Extra = {},
): ElementFacts => ({
  factory,
  core: true,
  role,
  pads,
  properties: properties(props),
  open: false,
  proxy,
  autoName,
  presets: false,
  ...(requestName === undefined ? {} : { requestName }),
})

const THROUGH = [SRC, SINK]
const PROXY: Extra = { proxy: true }

export const CORE_ELEMENTS: readonly ElementFacts[] = [
  core('bin', 'bin', [], `${OBJECT} async-handling,message-forward:boolean`),
  core('pipeline', 'bin', [], `${OBJECT} async-handling,message-forward,auto-flush-bus:boolean delay,latency:uint64`),
  core(
    'capsfilter',
    'filter',
    THROUGH,
    `${OBJECT} qos:boolean caps:caps caps-change-mode:0=immediate,1=delayed`,
    PROXY,
  ),
  core('clocksync', 'filter', THROUGH, `${OBJECT} sync,sync-to-first:boolean ts-offset:int64`, PROXY),
  core('concat', 'filter', [request('sink_%u'), SRC], `${OBJECT} adjust-base:boolean`),
  core('dataurisrc', 'source', [SRC], `${BASE_SRC} uri:string`),
  core(
    'downloadbuffer',
    'queue',
    THROUGH,
    `${OBJECT} max-size-bytes:uint max-size-time:uint64 low-percent,high-percent:int temp-template:string temp-remove:boolean`,
  ),
  core(
    'fakesink',
    'sink',
    [SINK],
    `${BASE_SINK} state-error:${STATE_ERROR} num-buffers:int
     silent,dump,signal-handoffs,drop-out-of-segment,can-activate-push,can-activate-pull:boolean`,
  ),
  core(
    'fakesrc',
    'source',
    [SRC],
    `${BASE_SRC} data:1=allocate,2=subbuffer sizetype:1=empty,2=fixed,3=random sizemin,sizemax,datarate,parentsize:int
     filltype:1=nothing,2=zero,3=random,4=pattern,5=pattern-span pattern:string format:${FORMAT}
     sync,signal-handoffs,silent,dump,can-activate-pull,can-activate-push,is-live:boolean`,
  ),
  core('fdsink', 'sink', [SINK], `${BASE_SINK} fd:int`),
  core('fdsrc', 'source', [SRC], `${BASE_SRC} fd:int timeout:uint64`),
  core(
    'filesink',
    'sink',
    [SINK],
    `${BASE_SINK} location:string buffer-mode:-1=default,0=full,1=line,2=unbuffered buffer-size:uint append,o-sync:boolean
     max-transient-error-timeout:int`,
  ),
  core('filesrc', 'source', [SRC], `${BASE_SRC} location:string`),
  core('funnel', 'filter', [request('sink_%u'), SRC], `${OBJECT} forward-sticky-events:boolean`, {
    requestName: 'funnelpad%u',
  }),
  core(
    'identity',
    'filter',
    THROUGH,
    `${OBJECT} qos,silent,single-segment,dump,sync,check-imperfect-timestamp,check-imperfect-offset:boolean
     signal-handoffs,drop-allocation:boolean sleep-time:uint error-after,datarate,eos-after:int drop-probability:double
     drop-buffer-flags:flags ts-offset:int64`,
    PROXY,
  ),
  core(
    'input-selector',
    'filter',
    [request('sink_%u'), SRC],
    `${OBJECT} active-pad:object sync-streams,cache-buffers,drop-backwards:boolean sync-mode:0=active-segment,1=clock`,
    { autoName: 'inputselector' },
  ),
  core(
    'multiqueue',
    'queue',
    [request('sink_%u'), sometimes('src_%u')],
    `${OBJECT} extra-size-bytes,extra-size-buffers,max-size-bytes,max-size-buffers:uint low-percent,high-percent:int
     extra-size-time,max-size-time,unlinked-cache-time,min-interleave-time:uint64 low-watermark,high-watermark:double
     use-buffering,sync-by-running-time,use-interleave:boolean`,
  ),
  core(
    'output-selector',
    'filter',
    [SINK, request('src_%u')],
    `${OBJECT} active-pad:object resend-latest:boolean pad-negotiation-mode:0=none,1=all,2=active`,
    { autoName: 'outputselector' },
  ),
  core(
    'queue',
    'queue',
    THROUGH,
    `${OBJECT} max-size-buffers,max-size-bytes,min-threshold-buffers,min-threshold-bytes:uint
     max-size-time,min-threshold-time:uint64 leaky:0=no,1=upstream,2=downstream silent,flush-on-eos:boolean`,
    PROXY,
  ),
  core(
    'queue2',
    'queue',
    THROUGH,
    `${OBJECT} max-size-buffers,max-size-bytes:uint max-size-time,ring-buffer-max-size:uint64 low-percent,high-percent:int
     use-buffering,use-tags-bitrate,use-rate-estimate,temp-remove,use-bitrate-query:boolean temp-template:string
     low-watermark,high-watermark:double`,
    { proxy: true, autoName: 'queue2-' },
  ),
  core('streamiddemux', 'demuxer', [SINK, sometimes('src_%u')], OBJECT),
  core(
    'tee',
    'tee',
    [SINK, request('src_%u')],
    `${OBJECT} has-chain,silent,allow-not-linked:boolean pull-mode:0=never,1=single alloc-pad:object`,
    PROXY,
  ),
  core('typefind', 'parser', THROUGH, `${OBJECT} minimum:uint force-caps:caps`, { autoName: 'typefindelement' }),
  core(
    'valve',
    'filter',
    THROUGH,
    `${OBJECT} drop:boolean drop-mode:0=drop-all,1=forward-sticky-events,2=transform-to-gap`,
    PROXY,
  ),
]
