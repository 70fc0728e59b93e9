// Explores: what can go wrong with a kernel or a patch, found by search, with the smallest scenario of each.
export {
  EXPLORE_REQUEST,
  explore,
  type ExploreControl,
  type ExploreRequest,
  openSearcher,
  planExploration,
} from './explore.ts'
export type { GivenBoard } from './board-parts.ts'
export { specOfDefect } from './defects.ts'
export { explainExplored } from './explanations.ts'
export type { Searched } from './search.ts'
