/* The time in which all ranks have to start. MPI_Init waits for all of them. If one ends before it has called MPI_Init, such as on
 * a machine that lacks a library, the mpirun of MPICH waits forever, and so do the other ranks: a thread ends them. A signal is
 * not left to the handlers of Deno, which pass it on to the thread that waits here. */
#define _GNU_SOURCE
#include "mpi_start.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 3 };
static const int ENDING[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static double limit; /* seconds */
static int is_watched, has_started;
static struct sigaction handlers[SIGNALS];

static void *watch(void *unused) {
  struct timespec end;
  char line[128];
  int is_late = 0;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += (time_t)limit;
  pthread_mutex_lock(&lock);
  while (!has_started && !is_late) is_late = pthread_cond_timedwait(&changed, &lock, &end) != 0;
  const int in_time = has_started;
  pthread_mutex_unlock(&lock);
  if (in_time) return unused;
  const char *const text = "error: Cannot connect ranks by MPI: not all ranks have started within %.0f seconds\n";
  snprintf(line, sizeof line, text, limit);
  _exit(write(STDERR_FILENO, line, strlen(line)) < 0 ? 2 : 1);
}

void start_begin(double seconds) {
  struct sigaction ends;
  sigset_t all, before;
  limit = seconds;
  memset(&ends, 0, sizeof ends);
  ends.sa_handler = SIG_DFL;
  for (int at = 0; at < SIGNALS; at++) sigaction(ENDING[at], &ends, &handlers[at]);
  /* The thread gets no signal of the process. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  is_watched = pthread_create(&thread, NULL, watch, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void start_end(void) {
  pthread_mutex_lock(&lock);
  has_started = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
  if (is_watched) pthread_join(thread, NULL);
  for (int at = 0; at < SIGNALS; at++) sigaction(ENDING[at], &handlers[at], NULL);
}
