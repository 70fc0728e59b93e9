// The translated engine as a Node addon: the engine's exports under their names, one linear memory, loops of rows, a clock.
#include "prelude.h"
#include "engine.h"
#include "loops.h"
#include <node_api.h>
#include <sys/mman.h>
#include <time.h>
#include <utility>

template <class T> static T from(napi_env env, napi_value value) {
  if constexpr (std::is_pointer_v<T>) {
    void* data;
    napi_get_typedarray_info(env, value, nullptr, nullptr, &data, nullptr, nullptr);
    return (T)data;
  } else if constexpr (std::is_floating_point_v<T>) {
    double number;
    napi_get_value_double(env, value, &number);
    return number;
  } else {
    u32 number;
    napi_get_value_uint32(env, value, &number);
    return (T)number;
  }
}

static napi_value to(napi_env env, f64 x) { napi_value value; napi_create_double(env, x, &value); return value; }
static napi_value to(napi_env env, i32 x) { napi_value value; napi_create_int32(env, x, &value); return value; }
static napi_value to(napi_env env, u32 x) { return to(env, (i32)x); }
static napi_value to(napi_env env, bool x) { return to(env, (i32)x); }

template <auto F> struct Called;
template <class R, class... A, R (*F)(A...)> struct Called<F> {
  template <size_t... I> static napi_value with(napi_env env, napi_value* arguments, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<R>) {
      F(from<A>(env, arguments[I])...);
      return nullptr;
    } else return to(env, F(from<A>(env, arguments[I])...));
  }
  static napi_value call(napi_env env, napi_callback_info info) {
    size_t count = 12;
    napi_value arguments[12];
    napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
    return with(env, arguments, std::index_sequence_for<A...>{});
  }
};

static void define(napi_env env, napi_value object, const char* name, napi_callback call) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &value);
  napi_set_named_property(env, object, name, value);
}

static const size_t BYTES = (size_t)MEMORY_MOST << 16;

/** Empties the memory: whoever had it must not use it any more. */
static void clear() {
  madvise((void*)LINEAR, BYTES, MADV_DONTNEED);
  memoryPages = 24;
}

static f64 threadNs() {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static napi_value start(napi_env env, napi_value addon) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  if (mmap((void*)LINEAR, BYTES, PROT_READ | PROT_WRITE, flags, -1, 0) != (void*)LINEAR) {
    napi_throw_error(env, nullptr, "the address range of the linear memory is taken");
    return nullptr;
  }
  clear();
  napi_value buffer, memory, engine;
  napi_create_external_arraybuffer(env, (void*)LINEAR, BYTES, nullptr, nullptr, &buffer);
  napi_create_object(env, &memory);
  napi_set_named_property(env, memory, "buffer", buffer);
  napi_create_object(env, &engine);
  napi_set_named_property(env, engine, "memory", memory);
#define EXPORT(space, name) define(env, engine, #name, Called<space::name>::call);
#include "exports.h"
#undef EXPORT
  napi_set_named_property(env, addon, "engine", engine);
#define LOOP(name) define(env, addon, #name, Called<name>::call);
  LOOP(clear) LOOP(threadNs) LOOP(cleanTimes) LOOP(walkSgTimes) LOOP(mapTables) LOOP(unmapTables) LOOP(walkPages)
  LOOP(openIova) LOOP(churnIova) LOOP(openTree) LOOP(churnTree) LOOP(copyTimes)
  return addon;
}

NAPI_MODULE(native, start)
