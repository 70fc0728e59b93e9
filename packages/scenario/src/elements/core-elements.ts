// The elements of GStreamer 1.22's own plugin (coreelements): writable properties with their types, and pads.
import { request, SINK, sometimes, SRC } from './element-facts.ts'
import type { ElementFacts, PadTemplate, UserSpaceRole } from './element-facts.ts'
import { properties } from './property-table.ts'

const OBJECT = 'name:string parent:object'
const BASE_SRC = `${OBJECT} blocksize:uint num-buffers:int typefind,do-timestamp:boolean`
const BASE_SINK = `${OBJECT} sync,qos,async,enable-last-sample:boolean max-lateness,ts-offset:int64 blocksize:uint
  render-delay,throttle-time,max-bitrate,processing-deadline:uint64`
const FORMAT = 'undefined default bytes time buffers percent'
  .split(' ')
  .map((nick, value) => `${value}=${nick}=GST_FORMAT_${nick.toUpperCase()}`)
  .join(',')
const STATE_ERROR = [
  '0=none=No_state_change_errors',
  ...[
    'null-to-ready',
    'ready-to-paused',
    'paused-to-playing',
    'playing-to-paused',
    'paused-to-ready',
    'ready-to-null',
  ].map((nick, at) => `${at + 1}=${nick}=Fail_state_change_from_${nick.toUpperCase().replace('-TO-', '_to_')}`),
].join(',')

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
    `${OBJECT} qos:boolean caps:caps caps-change-mode:0=immediate=Only_accept_the_current_filter_caps,1=delayed=Temporarily_accept_previous_filter_caps`,
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
    `${BASE_SRC} data:1=allocate=Allocate_data,2=subbuffer=Subbuffer_data
     sizetype:1=empty=Send_empty_buffers,2=fixed=Fixed_size_buffers_(sizemax_sized),3=random=Random_sized_buffers_(sizemin_<=_size_<=_sizemax)
     sizemin,sizemax,datarate,parentsize:int
     filltype:1=nothing=Leave_data_as_malloced,2=zero=Fill_buffers_with_zeros,3=random=Fill_buffers_with_random_data,4=pattern=Fill_buffers_with_pattern_0x00_->_0xff,5=pattern-span=Fill_buffers_with_pattern_0x00_->_0xff_that_spans_buffers
     pattern:string format:${FORMAT}
     sync,signal-handoffs,silent,dump,can-activate-pull,can-activate-push,is-live:boolean`,
  ),
  core('fdsink', 'sink', [SINK], `${BASE_SINK} fd:int`),
  core('fdsrc', 'source', [SRC], `${BASE_SRC} fd:int timeout:uint64`),
  core(
    'filesink',
    'sink',
    [SINK],
    `${BASE_SINK} location:string buffer-mode:-1=default=Default_buffering,0=full=Fully_buffered,1=line=Line_buffered_(deprecated~_like_full),2=unbuffered=Unbuffered buffer-size:uint append,o-sync:boolean
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
    `${OBJECT} active-pad:object sync-streams,cache-buffers,drop-backwards:boolean sync-mode:0=active-segment=Sync_using_the_current_active_segment,1=clock=Sync_using_the_clock`,
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
    `${OBJECT} active-pad:object resend-latest:boolean pad-negotiation-mode:0=none=None,1=all=All,2=active=Active`,
    { autoName: 'outputselector' },
  ),
  core(
    'queue',
    'queue',
    THROUGH,
    `${OBJECT} max-size-buffers,max-size-bytes,min-threshold-buffers,min-threshold-bytes:uint
     max-size-time,min-threshold-time:uint64 leaky:0=no=Not_Leaky,1=upstream=Leaky_on_upstream_(new_buffers),2=downstream=Leaky_on_downstream_(old_buffers) silent,flush-on-eos:boolean`,
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
    `${OBJECT} has-chain,silent,allow-not-linked:boolean pull-mode:0=never=Never_activate_in_pull_mode,1=single=Only_one_src_pad_can_be_active_in_pull_mode alloc-pad:object`,
    PROXY,
  ),
  core('typefind', 'parser', THROUGH, `${OBJECT} minimum:uint force-caps:caps`, { autoName: 'typefindelement' }),
  core(
    'valve',
    'filter',
    THROUGH,
    `${OBJECT} drop:boolean drop-mode:0=drop-all=Drop_all_buffers_and_events,1=forward-sticky-events=Drop_all_buffers_but_forward_sticky_events,2=transform-to-gap=Convert_all_dropped_buffers_into_gap_events_and_forward_sticky_events`,
    PROXY,
  ),
]
