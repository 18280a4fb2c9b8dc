// Every kernel for one instruction set: compiled once per set with its LANES, its REAL and the name of its ENTRY.
#include "vector.h"

#include "jobs.h"

#include "attention.h"
#include "cifg.h"
#include "crf.h"
#include "ctc.h"
#include "elman.h"
#include "gru.h"
#include "layer_norm_gru.h"
#include "layer_norm_lstm.h"
#include "lstm.h"
#include "normalise.h"
#include "optimise.h"
#include "peephole.h"
#include "scan.h"
#include "segments.h"
#include "statistics.h"
#include "top.h"

// Runs this team member's share of the job record at `job`; the heap begins at `base`.
extern "C" __attribute__((visibility("hidden"))) void ENTRY(const Team *team, unsigned char *base, const u32 *job) {
  Context context = {*team, base};
  switch (job[0]) {
#define CASE(name, Job) case JOB_##name: return run(context, *(const Job *)job);
    FOR_EACH_JOB(CASE)
#undef CASE
  }
}
