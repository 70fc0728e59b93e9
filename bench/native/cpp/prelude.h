// What AssemblyScript has built in, for a linear memory that lies at a fixed address: a constant costs an access nothing.
#pragma once
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <type_traits>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int32_t i32;
typedef int64_t i64;
typedef double f64;
typedef u32 usize;

#define LINEAR 0x60000000ull // behind the program and its heap
#define INLINE static inline __attribute__((always_inline))

INLINE u8* at(usize p, usize offset = 0) { return (u8*)(LINEAR + (u64)p + offset); }
template <class T> INLINE T load(usize p, usize offset = 0) { T v; memcpy(&v, at(p, offset), sizeof v); return v; }
template <class T, class V> INLINE void store(usize p, V v, usize offset = 0) { T x = (T)v; memcpy(at(p, offset), &x, sizeof x); }

/** 64 KiB pages. The address range is there from the start; growing says how much of it is in use. */
static u32 memoryPages;
static const u32 MEMORY_MOST = 16384;

struct Memory {
  void fill(usize to, u8 byte, usize n) const { memset(at(to), byte, n); }
  void copy(usize to, usize from, usize n) const { memmove(at(to), at(from), n); }
  i32 compare(usize a, usize b, usize n) const { return memcmp(at(a), at(b), n); }
  i32 size() const { return memoryPages; }
  i32 grow(u32 pages) const {
    if (pages > MEMORY_MOST - memoryPages) return -1;
    memoryPages += pages;
    return memoryPages - pages;
  }
};
static const Memory memory;

namespace host {
INLINE void outOfMemory() { fprintf(stderr, "native: the machine is full\n"); abort(); }
INLINE u32 mostPages() { return MEMORY_MOST; }
}

INLINE u32 ctz(u32 x) { return _tzcnt_u32(x); }
INLINE u32 ctz(i32 x) { return _tzcnt_u32(x); }
INLINE u64 ctz(u64 x) { return _tzcnt_u64(x); }
INLINE u32 clz(u32 x) { return _lzcnt_u32(x); }
INLINE u32 clz(i32 x) { return _lzcnt_u32(x); }
INLINE u64 clz(u64 x) { return _lzcnt_u64(x); }
INLINE u32 popcnt(u32 x) { return _mm_popcnt_u32(x); }
INLINE u32 popcnt(i32 x) { return _mm_popcnt_u32(x); }
INLINE u64 popcnt(u64 x) { return _mm_popcnt_u64(x); }
template <class A, class B> INLINE std::common_type_t<A, B> min(A a, B b) { using T = std::common_type_t<A, B>; return (T)a < (T)b ? (T)a : (T)b; }
template <class A, class B> INLINE std::common_type_t<A, B> max(A a, B b) { using T = std::common_type_t<A, B>; return (T)a > (T)b ? (T)a : (T)b; }
template <class T> INLINE T min(T a, T b) { return a < b ? a : b; }
template <class T> INLINE T max(T a, T b) { return a > b ? a : b; }
template <class T, class V> INLINE T reinterpret(V v) { T x; static_assert(sizeof x == sizeof v); memcpy(&x, &v, sizeof x); return x; }
template <class T> INLINE T select(T a, T b, bool first) { return first ? a : b; }

struct v128 {
  __m128i x;
  v128() {}
  v128(__m128i v) : x(v) {}
  INLINE v128 load(usize p, usize offset = 0) { return _mm_loadu_si128((const __m128i*)at(p, offset)); }
  INLINE void store(usize p, v128 v, usize offset = 0) { _mm_storeu_si128((__m128i*)at(p, offset), v.x); }
  INLINE v128 or_(v128 a, v128 b) { return _mm_or_si128(a.x, b.x); }
  INLINE v128 and_(v128 a, v128 b) { return _mm_and_si128(a.x, b.x); }
  INLINE v128 xor_(v128 a, v128 b) { return _mm_xor_si128(a.x, b.x); }
  INLINE v128 bitselect(v128 a, v128 b, v128 mask) { return _mm_or_si128(_mm_and_si128(mask.x, a.x), _mm_andnot_si128(mask.x, b.x)); }
  template <class T> INLINE v128 shuffle(v128 a, v128 b, int i, int j, int k, int l) {
    typedef i32 lanes __attribute__((vector_size(16)));
    return (__m128i)__builtin_shuffle((lanes)a.x, (lanes)b.x, lanes{i, j, k, l});
  }
  INLINE v128 andnot(v128 a, v128 b) { return _mm_andnot_si128(b.x, a.x); }
  INLINE bool any_true(v128 a) { return !_mm_testz_si128(a.x, a.x); }
};
struct i64x2 {
  __m128i v;
  i64x2(u64 a, u64 b) : v(_mm_set_epi64x(b, a)) {}
  operator v128() const { return v; }
  INLINE v128 splat(u64 v) { return _mm_set1_epi64x(v); }
  INLINE v128 add(v128 a, v128 b) { return _mm_add_epi64(a.x, b.x); }
  INLINE v128 shl(v128 a, int n) { return _mm_slli_epi64(a.x, n); }
  INLINE v128 shr_u(v128 a, int n) { return _mm_srli_epi64(a.x, n); }
  INLINE v128 eq(v128 a, v128 b) { return _mm_cmpeq_epi64(a.x, b.x); }
  INLINE v128 ne(v128 a, v128 b) { return _mm_xor_si128(_mm_cmpeq_epi64(a.x, b.x), _mm_set1_epi64x(-1)); }
  INLINE bool all_true(v128 a) { return _mm_movemask_epi8(_mm_cmpeq_epi64(a.x, _mm_setzero_si128())) == 0; }
  INLINE v128 replace_lane(v128 a, int lane, u64 v) { return lane == 0 ? _mm_insert_epi64(a.x, v, 0) : _mm_insert_epi64(a.x, v, 1); }
  INLINE u64 extract_lane(v128 a, int lane) { return lane == 0 ? _mm_extract_epi64(a.x, 0) : _mm_extract_epi64(a.x, 1); }
};
struct i32x4 {
  __m128i v;
  i32x4(i32 a, i32 b, i32 c, i32 d) : v(_mm_setr_epi32(a, b, c, d)) {}
  operator v128() const { return v; }
  INLINE v128 splat(u32 v) { return _mm_set1_epi32(v); }
  INLINE v128 add(v128 a, v128 b) { return _mm_add_epi32(a.x, b.x); }
  INLINE v128 sub(v128 a, v128 b) { return _mm_sub_epi32(a.x, b.x); }
  INLINE v128 max_u(v128 a, v128 b) { return _mm_max_epu32(a.x, b.x); }
  INLINE v128 min_u(v128 a, v128 b) { return _mm_min_epu32(a.x, b.x); }
  INLINE v128 replace_lane(v128 a, int lane, u32 v) { return lane == 0 ? _mm_insert_epi32(a.x, v, 0) : _mm_insert_epi32(a.x, v, 3); }
  INLINE v128 mul(v128 a, v128 b) { return _mm_mullo_epi32(a.x, b.x); }
  INLINE v128 shr_u(v128 a, int n) { return _mm_srli_epi32(a.x, n); }
  INLINE v128 eq(v128 a, v128 b) { return _mm_cmpeq_epi32(a.x, b.x); }
  INLINE bool all_true(v128 a) { return _mm_movemask_epi8(_mm_cmpeq_epi32(a.x, _mm_setzero_si128())) == 0; }
  INLINE u32 extract_lane(v128 a, int lane) { u32 lanes[4]; memcpy(lanes, &a.x, 16); return lanes[lane]; }
};
struct i8x16 {
  INLINE v128 splat(u32 v) { return _mm_set1_epi8((char)v); }
  INLINE v128 eq(v128 a, v128 b) { return _mm_cmpeq_epi8(a.x, b.x); }
  INLINE v128 ge_u(v128 a, v128 b) { return _mm_cmpeq_epi8(_mm_max_epu8(a.x, b.x), a.x); }
  INLINE i32 bitmask(v128 a) { return _mm_movemask_epi8(a.x); }
};
