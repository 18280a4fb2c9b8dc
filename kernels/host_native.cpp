// The native host: a Node-API addon that gives JavaScript a heap and a team of threads to run the kernels on.
//   instructionSets: the names that this processor can run, best first
//   jobsHash: names the list of jobs that the kernels were compiled with
//   open(instructionSet, threads, largestHeap) -> { buffer, threads, run(place, size), close() }
// Every open() has a heap and a team of its own. Nothing here is static, so worker_threads may load it side by side.
#include <node_api.h>
#include <sys/mman.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "jobs_hash.h"
#include "team.h"

typedef void Entry(const Team *team, unsigned char *base, const u32 *job);
struct InstructionSet {
  const char *name;
  Entry *entry;
};

#if defined(__x86_64__)
extern "C" Entry kernels_baseline, kernels_avx2, kernels_avx512;
static std::vector<InstructionSet> supportedSets() {
  std::vector<InstructionSet> sets;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma"))
    sets.push_back({"avx512", kernels_avx512});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back({"avx2", kernels_avx2});
  sets.push_back({"baseline", kernels_baseline});
  return sets;
}
#elif defined(__aarch64__)
extern "C" Entry kernels_neon;
static std::vector<InstructionSet> supportedSets() { return {{"neon", kernels_neon}}; }
#else
extern "C" Entry kernels_baseline;
static std::vector<InstructionSet> supportedSets() { return {{"baseline", kernels_baseline}}; }
#endif

// Threads that wait for jobs: first spinning, because the next job of a training step is microseconds away, then asleep.
class Crew {
 public:
  explicit Crew(Entry *entry, unsigned char *base, int wanted) : entry(entry), base(base) {
    try {
      while (size() < wanted) threads.emplace_back(&Crew::work, this, size());
    } catch (const std::system_error &) {
      // The system grants no more threads; the results do not depend on their number.
    }
  }
  ~Crew() { dismiss(); }

  int size() const { return (int)threads.size() + 1; }

  void run(const u32 *newJob, int members) {
    members = members < 1 ? 1 : members > size() ? size() : members;
    Team team = {0, members, bar};
    if (members > 1) {
      job = newJob;
      finished.store(0, std::memory_order_relaxed);
      announce(members);
    }
    entry(&team, base, newJob);
    for (int spins = 0; finished.load(std::memory_order_acquire) < members - 1; spins++) relax(0, spins);
    finished.store(0, std::memory_order_relaxed);
  }

  void dismiss() {
    if (threads.empty()) return;
    announce(0);
    for (std::thread &thread : threads) thread.join();
    threads.clear();
  }

 private:
  Entry *entry;
  unsigned char *base;
  std::vector<std::thread> threads;
  // A ticket is a running number above the team's size in the low byte: in one word, so that a thread that is late for
  // a job it had no part in can never mistake the next job's size for that one's. Size 0 sends the threads home.
  std::atomic<uint64_t> ticket{0};
  const u32 *job = nullptr;
  std::atomic<int> finished{0}, sleeping{0};
  alignas(128) int bar[BAR_SIZE] = {};
  std::mutex mutex;
  std::condition_variable wake;

  void announce(int members) {
    // Sequentially consistent against nextTicket: either this sees the sleeper or the sleeper sees the ticket.
    ticket.store((ticket.load() & ~(uint64_t)255) + 256 + (uint64_t)members);
    if (sleeping.load() > 0) {
      std::lock_guard<std::mutex> lock(mutex);
      wake.notify_all();
    }
  }

  uint64_t nextTicket(int id, uint64_t seen) {
    const int spinsBeforeSleep = 200000;  // about half a millisecond
    for (int spins = 0; spins < spinsBeforeSleep; spins++) {
      uint64_t now = ticket.load();
      if (now != seen) return now;
      relax(id, spins);
    }
    std::unique_lock<std::mutex> lock(mutex);
    sleeping++;
    wake.wait(lock, [&] { return ticket.load() != seen; });
    sleeping--;
    return ticket.load();
  }

  void work(int id) {
    for (uint64_t seen = 0;;) {
      seen = nextTicket(id, seen);
      int members = (int)(seen & 255);
      if (members == 0) return;
      if (id >= members) continue;
      Team team = {id, members, bar};
      entry(&team, base, job);
      finished.fetch_add(1, std::memory_order_acq_rel);
    }
  }
};

// Address space, not memory: the system gives a page when it is first touched.
struct Heap {
  unsigned char *base;
  size_t bytes;
};

static Heap reserveHeap(size_t largest) {
#if defined(MAP_NORESERVE)
  const int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#else
  const int kind = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
  const size_t smallest = (size_t)64 << 20;
  for (size_t bytes = largest; bytes >= smallest; bytes /= 2) {
    void *base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kind, -1, 0);
    if (base == MAP_FAILED) continue;
#if defined(MADV_HUGEPAGE)
    madvise(base, bytes, MADV_HUGEPAGE);  // packed matrices are walked panel by panel: fewer page-table misses
#endif
    return {(unsigned char *)base, bytes};
  }
  return {nullptr, 0};
}

static void releaseHeap(napi_env, void *base, void *bytes) { munmap(base, (size_t)(uintptr_t)bytes); }

struct Host {
  Heap heap;
  napi_ref buffer;  // strong until close(): the heap outlives every job
  std::unique_ptr<Crew> crew;
};
typedef std::vector<std::unique_ptr<Host>> Hosts;

static napi_value fail(napi_env env, const char *message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

static void define(napi_env env, napi_value object, const char *name, napi_callback callback, void *data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, object, name, function);
}

// run(place, size): the job at `place` (in words) by `size` threads, the caller among them.
static napi_value run(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  void *data;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  Host *host = (Host *)data;
  uint32_t place = 0;
  int32_t size = 0;
  napi_get_value_uint32(env, arguments[0], &place);
  napi_get_value_int32(env, arguments[1], &size);
  if (!host->crew) return fail(env, "these kernels are closed");
  host->crew->run((const u32 *)(host->heap.base + (size_t)place * 4), size);
  return nullptr;
}

// close(): ends the threads and gives the memory back; views of the heap read as zeros from then on.
static napi_value close(napi_env env, napi_callback_info info) {
  void *data;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  Host *host = (Host *)data;
  if (!host->crew) return nullptr;
  host->crew.reset();
  madvise(host->heap.base, host->heap.bytes, MADV_DONTNEED);
  napi_delete_reference(env, host->buffer);
  return nullptr;
}

// open(instructionSet, threads, largestHeap) -> { buffer, threads, run, close }
static napi_value open(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result, buffer, threads;
  size_t count = 3;
  void *data;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  char name[32] = "";
  int32_t wanted = 1;
  double largestHeap = 0;
  napi_get_value_string_utf8(env, arguments[0], name, sizeof name, nullptr);
  napi_get_value_int32(env, arguments[1], &wanted);
  napi_get_value_double(env, arguments[2], &largestHeap);

  Entry *entry = nullptr;
  for (const InstructionSet &set : supportedSets())
    if (strcmp(set.name, name) == 0) entry = set.entry;
  if (!entry) return fail(env, "this processor does not have the instruction set");
  Heap heap = reserveHeap((size_t)largestHeap);
  if (!heap.base) return fail(env, "the system grants no address space for the heap");
  if (napi_create_external_arraybuffer(env, heap.base, heap.bytes, releaseHeap, (void *)heap.bytes, &buffer) != napi_ok) {
    munmap(heap.base, heap.bytes);
    bool thrown = false;
    napi_is_exception_pending(env, &thrown);
    return thrown ? nullptr : fail(env, "this JavaScript runtime takes no outside memory as an ArrayBuffer");
  }

  std::unique_ptr<Host> host(new Host{heap, nullptr, std::unique_ptr<Crew>(new Crew(entry, heap.base, wanted))});
  napi_create_reference(env, buffer, 1, &host->buffer);
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "buffer", buffer);
  napi_create_int32(env, host->crew->size(), &threads);
  napi_set_named_property(env, result, "threads", threads);
  define(env, result, "run", run, host.get());
  define(env, result, "close", close, host.get());
  ((Hosts *)data)->push_back(std::move(host));
  return result;
}

NAPI_MODULE_INIT() {
  Hosts *hosts = new Hosts;
  // A thread must not outlive the environment whose memory it works on: at the end of a worker_thread, and of Node.
  napi_add_env_cleanup_hook(env, [](void *data) { delete (Hosts *)data; }, hosts);
  define(env, exports, "open", open, hosts);
  napi_value names, value;
  napi_create_array(env, &names);
  uint32_t index = 0;
  for (const InstructionSet &set : supportedSets()) {
    napi_create_string_utf8(env, set.name, NAPI_AUTO_LENGTH, &value);
    napi_set_element(env, names, index++, value);
  }
  napi_set_named_property(env, exports, "instructionSets", names);
  napi_create_uint32(env, JOBS_HASH, &value);
  napi_set_named_property(env, exports, "jobsHash", value);
  return exports;
}
