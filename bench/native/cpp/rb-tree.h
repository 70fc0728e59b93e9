// Bus addresses in a red-black tree, found as the kernel's allocator finds them: from a cached entry downwards, from one entry to the
// one before it, and once more from the top. Same pfns as the engine's, for ranges of a power of two of pages.
//
// Models: Linux v6.12 drivers/iommu/iova.c: __alloc_and_insert_iova_range
// Models: Linux v6.12 drivers/iommu/iova.c: __cached_rbnode_delete_update
#pragma once
#include <map>

class RbTree {
  typedef std::map<u64, u64> Tree; // first pfn -> last pfn; GNU's map is a red-black tree
  Tree tree;
  Tree::iterator cached;

  static const u64 NOWHERE = ~0ull;

  u64 search(u64 size, Tree::iterator entry, u64 end, u64 low) {
    u64 high = end, pfn;
    do {
      high = min(high, entry->first);
      pfn = (high - size) & ~(size - 1);
      if (entry == tree.begin()) break;
      --entry;
    } while (pfn <= entry->second && pfn >= low);
    return high < size || pfn < low ? NOWHERE : pfn;
  }

public:
  RbTree() { cached = tree.emplace(NOWHERE, NOWHERE).first; }

  f64 alloc(u64 size, u64 limit) {
    const u64 end = limit + 1;
    u64 pfn = search(size, cached, end, 1);
    if (pfn == NOWHERE && cached->second < end) pfn = search(size, tree.lower_bound(end), end, cached->second + 1);
    if (pfn == NOWHERE) return -1;
    cached = tree.emplace(pfn, pfn + size - 1).first;
    return pfn;
  }

  void free(u64 pfn) {
    const bool above = pfn >= cached->first;
    const auto next = tree.erase(tree.find(pfn));
    if (above) cached = next;
  }
};
