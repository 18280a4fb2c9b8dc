// The WebAssembly host. JavaScript calls run(); in the threaded build every worker sits in work(), on a stack of its own.
#include "jobs_hash.h"
#include "team.h"

typedef unsigned long long u64;
#define EXPORT(name) extern "C" __attribute__((export_name(name)))
extern "C" void kernels_wasm(const Team *team, unsigned char *base, const u32 *job);

// JavaScript compares it with its own list of jobs.
EXPORT("jobsHash") u32 jobsHash() { return JOBS_HASH; }

// The heap begins at address 0, and arithmetic on a pointer known to be null is undefined: clang then drops stores
// without a word. So the optimiser must not see the zero.
static unsigned char *heap() {
  unsigned char *base = nullptr;
  __asm__("" : "+r"(base));
  return base;
}

static const u32 *jobAt(u32 place) { return (const u32 *)(heap() + (uptr)place * 4); }

#if defined(__wasm_atomics__)
// A ticket is a running number above the team's size in the low byte, in one word: a worker that is late for a job it
// had no part in can never mistake the next job's size for that one's. Size 0 sends the workers home.
static struct {
  u64 ticket;
  u32 place;
  int finished, bar[BAR_SIZE];
  int callerMaySleep, never;                   // `never` changes: waiting for it is sleeping
} pool;

// The thread that calls run() may sleep where the runtime lets it: not on a page's main thread.
EXPORT("letCallerSleep") void letCallerSleep() { pool.callerMaySleep = 1; }

// Gives up the processor for a moment, which a member that waits for another one must do on a busy machine: spinning, it
// may hold up the one that it waits for.
extern "C" void doze(int id) {
  const long long nanoseconds = 20000;
  if (id > 0 || pool.callerMaySleep) __builtin_wasm_memory_atomic_wait32(&pool.never, 0, nanoseconds);
}

// About 0.1 ms: longer than the pause between two jobs of a training step, shorter than anybody's patience.
static const int spinsBeforeSleep = 50000;

static void announce(u32 size) {
  u64 next = (pool.ticket & ~(u64)255) + 256 + size;
  __atomic_store_n(&pool.ticket, next, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify((int *)&pool.ticket, 256);
}

static u64 nextTicket(u64 seen) {
  for (int spins = 0;; spins++) {
    u64 ticket = __atomic_load_n(&pool.ticket, __ATOMIC_SEQ_CST);
    if (ticket != seen) return ticket;
    if (spins > spinsBeforeSleep) __builtin_wasm_memory_atomic_wait64((long long *)&pool.ticket, (long long)seen, -1);
  }
}

// Serves as member `id` of every team that is large enough to have one, until stop().
EXPORT("work") void work(int id) {
  for (u64 seen = 0;;) {
    seen = nextTicket(seen);
    int size = (int)(seen & 255);
    if (size == 0) return;
    if (id >= size) continue;
    Team team = {id, size, pool.bar};
    kernels_wasm(&team, heap(), jobAt(pool.place));
    __atomic_add_fetch(&pool.finished, 1, __ATOMIC_ACQ_REL);
  }
}

EXPORT("stop") void stop() { announce(0); }

// Runs the job at `place` (in words) with `size` members, this thread among them.
EXPORT("run") void run(u32 place, int size) {
  Team team = {0, size, pool.bar};
  if (size > 1) {
    pool.place = place;
    __atomic_store_n(&pool.finished, 0, __ATOMIC_RELAXED);
    announce((u32)size);
  }
  kernels_wasm(&team, heap(), jobAt(place));
  for (int spins = 0; __atomic_load_n(&pool.finished, __ATOMIC_ACQUIRE) < size - 1; spins++) relax(0, spins);
}
#else
EXPORT("run") void run(u32 place, int) {
  int bar[BAR_SIZE] = {};
  Team team = {0, 1, bar};
  kernels_wasm(&team, heap(), jobAt(place));
}
#endif
