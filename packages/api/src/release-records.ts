// What changed between releases, one record a difference. The facts of a release are what these say, so a fact has one owner.
import type { ReleaseRecord } from './release-record.ts'
import { BOUNCE_RECORDS } from './release-records/bounce.ts'
import { MAPPING_RECORDS } from './release-records/mapping.ts'
import { MEDIA_RECORDS } from './release-records/media.ts'
import { REACH_RECORDS } from './release-records/reach.ts'
import { SHARING_RECORDS } from './release-records/sharing.ts'
import { UNSEEN_RECORDS } from './release-records/unseen.ts'
import { WATCH_RECORDS } from './release-records/watch.ts'

/** In the order of DESIGN's rooms, then by release. */
export const RELEASE_RECORDS: readonly ReleaseRecord[] = [
  ...BOUNCE_RECORDS,
  ...REACH_RECORDS,
  ...MAPPING_RECORDS,
  ...SHARING_RECORDS,
  ...MEDIA_RECORDS,
  ...WATCH_RECORDS,
  ...UNSEEN_RECORDS,
]
