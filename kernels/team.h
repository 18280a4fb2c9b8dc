// Threads as a team: every member runs the same job on its own share, and they meet at barriers.
#pragma once
typedef unsigned u32;
typedef __UINTPTR_TYPE__ uptr;
typedef __INTPTR_TYPE__ iptr;
#define INLINE static inline __attribute__((always_inline))

// Arrivals are counted in bar[0] and the phase in bar[PHASE], far enough apart that who waits for the phase does not hold
// up who arrives. The host makes `bar` of BAR_SIZE zeros.
enum { PHASE = 32, BAR_SIZE = 64 };
struct Team { int id, size; int *bar; };
struct Range { int begin, end; };

INLINE int min(int a, int b) { return a < b ? a : b; }
INLINE int max(int a, int b) { return a > b ? a : b; }
INLINE int divideUp(int a, int b) { return (a + b - 1) / b; }
INLINE int roundUp(int a, int b) { return divideUp(a, b) * b; }

#if defined(__wasm_atomics__)
extern "C" void doze(int id);                  // host_wasm.cpp
#elif !defined(__wasm__)
extern "C" int sched_yield(void);
#endif
// A turn of member `id`'s waiting loop. On a busy machine the member waited for may need this very core.
INLINE void relax(int id, int spins) {
  // Not at every turn: hypervisors take a core away from whoever pauses in a tight loop, for some 50 us (measured).
#if defined(__x86_64__) || defined(__i386__)
  if ((spins & 127) == 127) __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
  (void)id;
#if defined(__wasm_atomics__)
  // Longer than a doze, or a member that waits for one that dozed would doze in its turn, and so on for ever.
  const int spinsBeforeDoze = 1 << 17;         // about 0.2 ms
  if (spins >= spinsBeforeDoze && (spins & 4095) == 0) doze(id);
#elif !defined(__wasm__)
  if ((spins & 4095) == 4095) sched_yield();
#else
  (void)spins;
#endif
}

INLINE void barrier(const Team &team) {
  if (team.size == 1) return;
  int phase = __atomic_load_n(team.bar + PHASE, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(team.bar, 1, __ATOMIC_ACQ_REL) == team.size) {
    __atomic_store_n(team.bar, 0, __ATOMIC_RELAXED);
    __atomic_store_n(team.bar + PHASE, phase + 1, __ATOMIC_RELEASE);
  } else {
    for (int spins = 0; __atomic_load_n(team.bar + PHASE, __ATOMIC_ACQUIRE) == phase; spins++) relax(team.id, spins);
  }
}

// This member's part of n items handed out in multiples of `unit`.
INLINE Range share(const Team &team, int n, int unit) {
  long long units = divideUp(n, unit);
  int begin = (int)(units * team.id / team.size) * unit, end = (int)(units * (team.id + 1) / team.size) * unit;
  return {min(begin, n), min(end, n)};
}
