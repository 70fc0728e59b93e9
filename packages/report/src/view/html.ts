// The explorer's page with data inside: one file that needs nothing else.
import type { ViewData } from '@dmalab/api'
import { packed } from './permalink.ts'

/** What the built page has where data goes. */
const PLACE = /(<script type="application\/octet-stream" id="dmalab-data">)(<\/script>)/

/** `page`: the explorer as it was built. The data is base64, in which nothing can end the element that holds it. */
export const htmlOf = async (page: string, data: ViewData): Promise<string> => {
  if (!PLACE.test(page)) throw new Error('the page of the explorer has no place for data')
  const text = await packed(JSON.stringify(data))
  return page.replace(PLACE, (_all, open: string, close: string) => `${open}${text}${close}`)
}
