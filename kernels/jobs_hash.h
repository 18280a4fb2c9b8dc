// Generated from jobs.json by scripts/jobs.mjs. Do not edit.
#pragma once
#define JOBS_HASH 0x50825fb5u
