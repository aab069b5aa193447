#include "codegen/standalone/c_threads.h"

#include <fmt/format.h>

#include "codegen/standalone/c_signature.h"

namespace lathe::codegen {

namespace {

/// PREFIX and GUARD stand for the model's name in lower and upper case.
constexpr std::string_view kHeaderBegin =
    R"(/* Threads for the compiled model PREFIX: compile PREFIX_threads.c with -pthread. A team's threads
   wait for work asleep, but for the first microseconds. */
#ifndef GUARD_THREADS_H
#define GUARD_THREADS_H

#include "PREFIX.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct PREFIX_team PREFIX_team;

/* Starts workers - 1 threads; the calling one is the other worker. NULL where the system has no more threads or memory
   for them, or workers are not 1 to 1024. */
PREFIX_team *PREFIX_team_create(int64_t workers);
/* Ends them. A team is used by one thread at a time. */
void PREFIX_team_destroy(PREFIX_team *team);

/* As the functions of these names without _team: by all workers of the team, at most as many as PREFIX_create_for made
   the model for. */
)";

constexpr std::string_view kSourceBegin =
    R"(/* See PREFIX_threads.h. C99, with GCC's atomic functions, which clang has too. */
#include "PREFIX_threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Looks at a barrier that a worker makes before it sleeps: some 20 microseconds. With more workers than cores it sleeps
   at once. */
enum { kLooks = 1500, kMostWorkers = 1024 };

typedef void (*job_function)(void *args, PREFIX_team *team, int64_t worker);

typedef struct {
  PREFIX_team *team;
  int64_t worker;
  pthread_t thread;
} member;

struct PREFIX_team {
  int64_t workers, arrived, sleepers, looks;
  unsigned round; /* how often all have met */
  pthread_mutex_t lock;
  pthread_cond_t met;
  job_function job; /* NULL: the end */
  void *args;
  member *members;
};

static void pause_a_little(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/* All workers meet. */
static void meet(void *of, int64_t worker) {
  PREFIX_team *team = (PREFIX_team *)of;
  const unsigned round = __atomic_load_n(&team->round, __ATOMIC_ACQUIRE);
  const int64_t here = __atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL);
  int64_t look;
  (void)worker;
  if (here == __atomic_load_n(&team->workers, __ATOMIC_RELAXED)) {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
    pthread_mutex_lock(&team->lock);
    __atomic_store_n(&team->round, round + 1, __ATOMIC_RELEASE);
    if (team->sleepers) pthread_cond_broadcast(&team->met);
    pthread_mutex_unlock(&team->lock);
    return;
  }
  for (look = 0; look < team->looks; ++look) {
    if (__atomic_load_n(&team->round, __ATOMIC_ACQUIRE) != round) return;
    pause_a_little();
  }
  pthread_mutex_lock(&team->lock);
  ++team->sleepers;
  while (__atomic_load_n(&team->round, __ATOMIC_ACQUIRE) == round) pthread_cond_wait(&team->met, &team->lock);
  --team->sleepers;
  pthread_mutex_unlock(&team->lock);
}

static void *work(void *of) {
  const member *me = (const member *)of;
  for (;;) {
    meet(me->team, me->worker);
    if (!me->team->job) return NULL;
    me->team->job(me->team->args, me->team, me->worker);
    meet(me->team, me->worker);
  }
}

static void do_job(PREFIX_team *team, job_function job, void *args) {
  team->job = job;
  team->args = args;
  meet(team, 0);
  if (!job) return;
  job(args, team, 0);
  meet(team, 0);
}

/* Ends `started` threads, of which all wait for work, or, where not all have been started, for the others. */
static void end(PREFIX_team *team, int64_t started) {
  int64_t i;
  __atomic_store_n(&team->workers, started + 1, __ATOMIC_RELAXED);
  do_job(team, NULL, NULL);
  for (i = 1; i <= started; ++i) pthread_join(team->members[i].thread, NULL);
  pthread_cond_destroy(&team->met);
  pthread_mutex_destroy(&team->lock);
  free(team->members);
  free(team);
}

PREFIX_team *PREFIX_team_create(int64_t workers) {
  PREFIX_team *team;
  int64_t i;
  if (workers < 1 || workers > kMostWorkers) return NULL;
  team = (PREFIX_team *)calloc(1, sizeof *team);
  if (!team) return NULL;
  team->workers = workers;
  team->looks = workers <= sysconf(_SC_NPROCESSORS_ONLN) ? kLooks : 0;
  team->members = (member *)calloc((size_t)workers, sizeof *team->members);
  if (!team->members || pthread_mutex_init(&team->lock, NULL)) {
    free(team->members);
    free(team);
    return NULL;
  }
  if (pthread_cond_init(&team->met, NULL)) {
    pthread_mutex_destroy(&team->lock);
    free(team->members);
    free(team);
    return NULL;
  }
  for (i = 1; i < workers; ++i) {
    team->members[i].team = team;
    team->members[i].worker = i;
    if (pthread_create(&team->members[i].thread, NULL, work, &team->members[i])) {
      end(team, i - 1);
      return NULL;
    }
  }
  return team;
}

void PREFIX_team_destroy(PREFIX_team *team) {
  if (team) end(team, team->workers - 1);
}
)";

/// A function by all workers; without a team what the function itself says of no workers.
constexpr std::string_view kFunction = R"(
typedef struct {
FIELDS  RESULT result;
} NAME_args;

static void NAME_job(void *of, PREFIX_team *team, int64_t worker) {
  NAME_args *all = (NAME_args *)of;
  const RESULT result = NAME_part(FROMworker, team->workers, meet, team);
  if (worker == 0) all->result = result;
}

HEAD {
  NAME_args all;
  if (!team) return NAME_part(GIVEN, 0, 0, NULL, NULL);
VALUES  do_job(team, NAME_job, &all);
  return all.result;
}
)";

}  // namespace

CThreads c_threads(const Standalone& model, const std::string& prefix) {
  const std::vector<std::pair<std::string_view, std::string>> words = {
      {"PREFIX", prefix}, {"GUARD", upper_case(prefix)}};
  CThreads out{with_words(kHeaderBegin, words), with_words(kSourceBegin, words)};
  for (const runtime::FunctionInfo& f : model.functions) {
    const CSignature s = c_signature(prefix, f);
    const std::string head =
        fmt::format("{} {}_team({}_team *team, {})", s.result, s.name, prefix, s.declared());
    out.header += head + ";\n";
    std::string fields, values, from;
    for (const CArgument& a : s.arguments) {
      fields += fmt::format("  {}{}{};\n", a.type, a.type.ends_with('*') ? "" : " ", a.name);
      values += fmt::format("  all.{0} = {0};\n", a.name);
      from += fmt::format("all->{}, ", a.name);
    }
    out.source += with_words(kFunction, {{"FIELDS", fields},
                                         {"VALUES", values},
                                         {"FROM", from},
                                         {"GIVEN", s.given()},
                                         {"RESULT", s.result},
                                         {"HEAD", head},
                                         {"NAME", s.name},
                                         {"PREFIX", prefix}});
  }
  out.header += "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return out;
}

}  // namespace lathe::codegen
