// Loops that a row runs inside the comparator: a call into an addon costs more than a short piece of the engine's work.
#pragma once
#include "rb-tree.h"

/** Cleans one range again and again. */
static void cleanTimes(f64 start, u32 len, u32 times) {
  while (times--) as_maintenance::maintainInner(as_shared_layout::OP_CLEAN, start, len, 0);
}

/** The pass over a scatterlist that the call block describes, again and again. */
static void walkSgTimes(u32 times) {
  while (times--) as_sg_walk::walkSg();
}

/** Maps pages [0, pages) to themselves, a table at a time. */
static void mapTables(u32 table, u32 pages, u32 perTable, u32 prot) {
  for (u64 page = 0; page < pages; page += perTable) as_io_pgtable::mapPages(table, page << 12, page << 12, 4096, perTable, prot);
}

static void unmapTables(u32 table, u32 pages, u32 perTable) {
  for (u64 page = 0; page < pages; page += perTable) as_io_pgtable::unmapPages(table, page << 12, 4096, perTable, 1);
}

/** The sum of the addresses behind pages. */
static f64 walkPages(u32 table, const u32* pages, u32 count) {
  f64 sum = 0;
  for (u32 i = 0; i < count; i++) sum += as_io_pgtable::ioPhys(table, (u64)pages[i] << 12);
  return sum;
}

static void openIova(u32 domain, const u32* sizes, f64* live, u32 count, f64 limit) {
  for (u32 i = 0; i < count; i++) live[i] = as_iova_quick::iovaAlloc(domain, sizes[i], limit, 1);
}

/** Frees one range and allocates another, `pairs` times. */
static void churnIova(u32 domain, const u32* victims, const u32* sizes, f64* live, u32 pairs, f64 limit) {
  for (u32 i = 0; i < pairs; i++) {
    const u32 victim = victims[i];
    as_iova_quick::iovaFree(domain, live[victim]);
    live[victim] = as_iova_quick::iovaAlloc(domain, sizes[i], limit, 1);
  }
}

static RbTree* tree;

/** A new tree with `count` ranges. */
static void openTree(const u32* sizes, f64* live, u32 count, f64 limit) {
  delete tree;
  tree = new RbTree();
  for (u32 i = 0; i < count; i++) live[i] = tree->alloc(sizes[i], limit);
}

static void churnTree(const u32* victims, const u32* sizes, f64* live, u32 pairs, f64 limit) {
  for (u32 i = 0; i < pairs; i++) {
    const u32 victim = victims[i];
    tree->free(live[victim]);
    live[victim] = tree->alloc(sizes[i], limit);
  }
}

static void copyTimes(u8* to, const u8* from, u32 bytes, u32 times) {
  while (times--) {
    memcpy(to, from, bytes);
    asm volatile("" : : "r"(to) : "memory");
  }
}
