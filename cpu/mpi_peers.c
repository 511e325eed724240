/* Heartbeats. Each rank sends every other one a number four times a second, from a thread of this library, so that it does not
 * matter what the program computes. A rank that is silent for some seconds has been killed or stopped, or its machine is lost.
 * Only time in which this process itself ran counts as silence, so that a job that is suspended as a whole goes on later.
 *
 * A rank that leaves as planned sends a last number that tells this. Nothing follows, so that no message is on its way when MPI
 * ends. */
#define _GNU_SOURCE
#include "mpi_peers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { ALIVE = 1, LEAVING = 2 };

static const double INTERVAL = 0.25; /* seconds between two heartbeats */
static const double LOST = 1e9;  /* the silence of a rank that MPI does not reach */

typedef struct {
  MPI_Request sending, receiving;
  int32_t sent, received;
  double silent; /* seconds */
  int has_left;
} Peer;

static MPI_Comm heartbeats;
static Peer *peers;
static int own, size, is_leaving;
static double last_exchange;
static pthread_t thread;
static atomic_int ends, waiting;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

double clock_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

void pause_for(double seconds) {
  struct timespec time = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
  nanosleep(&time, NULL);
}

void acquire(void) {
  waiting++;
  pthread_mutex_lock(&lock);
  waiting--;
}

void release(void) { pthread_mutex_unlock(&lock); }

void acquire_within(double seconds) {
  const double end = clock_seconds() + seconds;
  waiting++;
  while (pthread_mutex_trylock(&lock) != 0 && clock_seconds() < end) pause_for(0.001);
  waiting--;
}

void yield_lock(void) {
  const int others = waiting;
  release();
  sched_yield();
  if (others) pause_for(1e-6); /* a mutex does not go to the thread that waits longest */
  acquire();
}

void lose(int rank) { peers[rank].silent = LOST; }

int is_lost(int rank, double seconds) {
  return rank != own && (peers[rank].silent >= seconds || (peers[rank].has_left && !is_leaving));
}

/* Returns whether a request is done. */
static int is_done(MPI_Request *request, int rank) {
  int done = 0;
  if (MPI_Test(request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS) return done;
  lose(rank);
  return 0;
}

static void expect(int rank) {
  Peer *peer = &peers[rank];
  if (MPI_Irecv(&peer->received, 1, MPI_INT32_T, rank, 0, heartbeats, &peer->receiving) != MPI_SUCCESS) lose(rank);
}

/* Reads what a rank has sent, and sends it the next heartbeat when the one before has gone. */
static void exchange_heartbeat(int rank, double passed) {
  Peer *peer = &peers[rank];
  peer->silent += passed < 1 ? passed : 1; /* longer: this process itself was stopped */
  while (!peer->has_left && peer->silent < LOST && is_done(&peer->receiving, rank)) {
    peer->silent = 0;
    if (peer->received == LEAVING) peer->has_left = 1;
    else expect(rank);
  }
  if (peer->silent >= LOST || peer->sent == LEAVING || !is_done(&peer->sending, rank)) return;
  peer->sent = is_leaving ? LEAVING : ALIVE;
  if (MPI_Isend(&peer->sent, 1, MPI_INT32_T, rank, 0, heartbeats, &peer->sending) != MPI_SUCCESS) lose(rank);
}

static void exchange_heartbeats(double passed) {
  last_exchange += passed;
  for (int rank = 0; rank < size; rank++) {
    if (rank != own) exchange_heartbeat(rank, passed);
  }
}

void exchange_heartbeats_if_due(void) {
  const double passed = clock_seconds() - last_exchange;
  if (passed >= INTERVAL) exchange_heartbeats(passed);
}

static void *send_repeatedly(void *unused) {
  while (!ends) {
    acquire();
    exchange_heartbeats_if_due();
    release();
    pause_for(INTERVAL);
  }
  return unused;
}

const char *peers_start(MPI_Comm communicator) {
  sigset_t all, before;
  heartbeats = communicator;
  MPI_Comm_rank(heartbeats, &own);
  MPI_Comm_size(heartbeats, &size);
  peers = calloc(size, sizeof *peers);
  if (!peers) return "the memory of the computer is used up";
  for (int rank = 0; rank < size; rank++) {
    peers[rank].sending = peers[rank].receiving = MPI_REQUEST_NULL;
    if (rank != own) expect(rank);
  }
  last_exchange = clock_seconds();
  if (size == 1) return NULL;
  /* The thread gets no signal of the process. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failed = pthread_create(&thread, NULL, send_repeatedly, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed ? "the system cannot start a thread" : NULL;
}

int peers_leave(void) {
  int left = 1;
  is_leaving = 1;
  exchange_heartbeats(clock_seconds() - last_exchange);
  for (int rank = 0; rank < size; rank++) {
    const Peer *peer = &peers[rank];
    if (rank == own) continue;
    if (!peer->has_left || peer->sent != LEAVING || !is_done(&peers[rank].sending, rank)) left = 0;
  }
  return left;
}

void peers_end(void) {
  ends = 1;
  if (size > 1) pthread_join(thread, NULL);
  free(peers);
  peers = NULL;
}
