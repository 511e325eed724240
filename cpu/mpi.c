/* Ranks on MPI: libmlpmpi.so connects the processes of a training run. `make mpi MPICC=mpicc` builds it with the MPI of this
 * machine; mpirun must belong to the same MPI.
 *
 * Exchange. mlp_mpi_transport() is what libmlpcpu.so needs of MPI (`mlp_transport` of mlp.h): two ranks send each other the same
 * number of bytes, in pieces of at most 1 GiB.
 *
 * Texts. The program's own texts between ranks are sent and received without waiting; it polls for them.
 *
 * Threads. MPI is called by one thread at a time (MPI_THREAD_SERIALIZED), which holds the lock. No call waits inside of MPI,
 * except those that open and close; a rank that waits tests its requests again and again, and lets other threads run. */
#define _GNU_SOURCE
#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mlp.h"
#include "mpi_monitor.h"
#include "mpi_peers.h"
#include "mpi_start.h"

#define EXPORT __attribute__((visibility("default")))

enum { INTERFACE = 2 };                /* the version of this interface */
enum { TEXT = 1, DATA = 2 };           /* the tags of MPI messages */
enum { TESTS = 64, SPINS = 8 };        /* tests in a row; such rows before other threads may run */

static const uint64_t PIECE = 1u << 30; /* bytes of an MPI message, whose count is an int */

/* A text on its way. */
typedef struct Outgoing {
  struct Outgoing *next;
  MPI_Request request;
  char bytes[];
} Outgoing;

static MPI_Comm world = MPI_COMM_NULL; /* for data and texts */
static MPI_Comm heartbeats = MPI_COMM_NULL;
static int rank, size, local_rank, local_size, processors;
static uint64_t run; /* a number that all ranks know */
static Outgoing *outgoing;
static int is_open, was_open;

/* ---- exchange ---- */

/* Waits for both requests of a piece. */
static int32_t wait_for(MPI_Request requests[2], int peer, double seconds) {
  for (int rows = 0;; rows++) {
    for (int test = 0; test < TESTS; test++) {
      MPI_Status statuses[2];
      int done = 0;
      if (MPI_Testall(2, requests, &done, statuses) != MPI_SUCCESS) lose(peer);
      else if (done) return MLP_OK;
    }
    exchange_heartbeats_if_due();
    if (is_lost(peer, seconds)) return MLP_RANK_LOST;
    if (rows >= SPINS) yield_lock();
  }
}

static int32_t exchange(int32_t peer, const void *send, void *receive, uint64_t bytes, double seconds) {
  int32_t status = MLP_OK;
  acquire();
  for (uint64_t at = 0; at < bytes && status == MLP_OK; at += PIECE) {
    const int count = (int)(bytes - at < PIECE ? bytes - at : PIECE);
    MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
    if (MPI_Irecv((char *)receive + at, count, MPI_BYTE, peer, DATA, world, &requests[0]) != MPI_SUCCESS ||
        MPI_Isend((const char *)send + at, count, MPI_BYTE, peer, DATA, world, &requests[1]) != MPI_SUCCESS) {
      lose(peer);
      status = MLP_RANK_LOST;
    } else {
      status = wait_for(requests, peer, seconds);
    }
    if (status != MLP_OK && requests[0] != MPI_REQUEST_NULL) MPI_Cancel(&requests[0]);
  }
  release();
  return status;
}

static mlp_transport transport = {MLP_TRANSPORT_VERSION, 0, 1, exchange};

/* ---- opening ---- */

/* Returns the processors of this process: of each that it may run on, the share among the ranks of this machine that may, too. */
static int own_processors(MPI_Comm machine) {
#ifdef __linux__
  cpu_set_t own, *all = malloc(local_size * sizeof own);
  double share = 0;
  CPU_ZERO(&own);
  if (all && sched_getaffinity(0, sizeof own, &own) == 0 &&
      MPI_Allgather(&own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE, machine) == MPI_SUCCESS) {
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      int users = 0;
      for (int other = 0; other < local_size; other++) users += CPU_ISSET(cpu, &all[other]);
      if (CPU_ISSET(cpu, &own)) share += 1.0 / users;
    }
  }
  free(all);
  return share < 1 ? 1 : (int)(share + 1e-6);
#else
  const long online = sysconf(_SC_NPROCESSORS_ONLN) / local_size;
  (void)machine;
  return online < 1 ? 1 : (int)online;
#endif
}

/* Returns the number of processes that a program such as mpirun says to have started; 1 if none does. */
static int started_processes(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
  for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
    const char *value = getenv(names[at]);
    if (value && atoi(value) > 1) return atoi(value);
  }
  return 1;
}

static int32_t fail(char *text, uint32_t text_size, const char *message) {
  snprintf(text, text_size, "%s", message);
  return MLP_FAILED;
}

static int32_t join(char *text, uint32_t text_size) {
  MPI_Comm machine;
  struct timespec time;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (MPI_Comm_dup(MPI_COMM_WORLD, &world) != MPI_SUCCESS || MPI_Comm_dup(MPI_COMM_WORLD, &heartbeats) != MPI_SUCCESS ||
      MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine) != MPI_SUCCESS) {
    return fail(text, text_size, "MPI cannot make a communicator");
  }
  MPI_Comm_rank(world, &rank);
  MPI_Comm_size(world, &size);
  MPI_Comm_rank(machine, &local_rank);
  MPI_Comm_size(machine, &local_size);
  processors = own_processors(machine);
  MPI_Comm_free(&machine);
  clock_gettime(CLOCK_REALTIME, &time);
  run = (uint64_t)time.tv_sec << 30 ^ (uint64_t)time.tv_nsec ^ (uint64_t)getpid() << 44;
  MPI_Bcast(&run, 1, MPI_UINT64_T, 0, world);
  transport.rank = rank;
  transport.size = size;
  const char *fault = peers_start(heartbeats);
  if (fault) return fail(text, text_size, fault);
  is_open = 1;
  return MLP_OK;
}

/* Returns the version of this interface. Compare it before any other call. */
EXPORT uint32_t mlp_mpi_version(void) { return INTERFACE; }

static int32_t start(char *text, uint32_t text_size) {
  char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int provided = 0, length = 0, ranks = 1;
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS) {
    return fail(text, text_size, "MPI does not start");
  }
  MPI_Get_library_version(version, &length);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (provided < MPI_THREAD_SERIALIZED) return fail(text, text_size, "this MPI allows calls from one thread only");
  if (ranks == 1 && started_processes() > 1) {
    snprintf(text, text_size, "%d processes were started, but not by the mpirun of the library's MPI: %.*s",
             started_processes(), (int)strcspn(version, "\n"), version);
    return MLP_INVALID;
  }
  const int32_t status = join(text, text_size);
  if (status == MLP_OK) snprintf(text, text_size, "%s", version);
  return status;
}

/* Starts MPI, once in a process, and waits until all ranks have done so; after some seconds, the process ends. Writes the name of
 * the MPI, or of what is wrong. */
EXPORT int32_t mlp_mpi_open(double seconds, char *text, uint32_t text_size) {
  if (was_open) return fail(text, text_size, "MPI can be used once in a process");
  was_open = 1;
  start_begin(seconds);
  const int32_t status = start(text, text_size);
  start_end();
  return status;
}

/* Writes five facts: rank, number of ranks, rank among those of this machine, number of these, processors for this rank. */
EXPORT void mlp_mpi_facts(int32_t *facts) {
  const int32_t values[] = {rank, size, local_rank, local_size, processors};
  memcpy(facts, values, sizeof values);
}

/* Returns the transport for mlp_group_create, which stays valid. */
EXPORT const mlp_transport *mlp_mpi_transport(void) { return &transport; }

/* Makes another process write a line to stderr if this one is killed or crashes. */
EXPORT void mlp_mpi_monitor(const char *line) { monitor_start(run, line); }

/* ---- texts ---- */

/* Frees the texts that have gone. The caller has the lock. */
static void free_sent(void) {
  int done = 0;
  while (outgoing && MPI_Test(&outgoing->request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done) {
    Outgoing *first = outgoing;
    outgoing = first->next;
    free(first);
  }
}

/* Sends a text to a rank; it is copied. */
EXPORT int32_t mlp_mpi_send(int32_t to, const void *bytes, uint64_t count) {
  Outgoing *text = count <= PIECE ? malloc(sizeof *text + count) : NULL, **end = &outgoing;
  if (!text) return MLP_OUT_OF_MEMORY;
  memcpy(text->bytes, bytes, count);
  text->next = NULL;
  acquire();
  free_sent();
  const int failed = MPI_Isend(text->bytes, (int)count, MPI_BYTE, to, TEXT, world, &text->request) != MPI_SUCCESS;
  while (*end) end = &(*end)->next;
  if (failed) free(text);
  else *end = text;
  release();
  return failed ? MLP_RANK_LOST : MLP_OK;
}

/* Returns the size of the next text from a rank; -1 if none has arrived. */
EXPORT int64_t mlp_mpi_next(int32_t from) {
  MPI_Status status;
  int found = 0, count = -1;
  acquire();
  exchange_heartbeats_if_due();
  free_sent();
  if (MPI_Iprobe(from, TEXT, world, &found, &status) != MPI_SUCCESS) lose(from);
  else if (found) MPI_Get_count(&status, MPI_BYTE, &count);
  release();
  return count;
}

/* Reads the next text from a rank, of the size that mlp_mpi_next returned. */
EXPORT int32_t mlp_mpi_receive(int32_t from, void *bytes, uint64_t count) {
  acquire();
  const int failed = MPI_Recv(bytes, (int)count, MPI_BYTE, from, TEXT, world, MPI_STATUS_IGNORE) != MPI_SUCCESS;
  release();
  return failed ? MLP_RANK_LOST : MLP_OK;
}

/* Returns a rank that has been silent for some seconds, or that has left; -1 if there is none. */
EXPORT int32_t mlp_mpi_lost(double seconds) {
  int lost = -1;
  acquire();
  exchange_heartbeats_if_due();
  for (int other = 0; other < size && lost < 0; other++) {
    if (is_lost(other, seconds)) lost = other;
  }
  release();
  return lost;
}

/* ---- the end ---- */

/* Tells the other ranks that this one leaves. Returns 1 as soon as all do; call it until then. */
EXPORT int32_t mlp_mpi_leave(void) {
  acquire();
  free_sent();
  const int left = peers_leave() && !outgoing;
  release();
  return left;
}

/* Ends MPI, after mlp_mpi_leave has returned 1. */
EXPORT void mlp_mpi_close(void) {
  if (!is_open) return;
  is_open = 0;
  peers_end();
  monitor_end(MONITOR_LEFT);
  MPI_Comm_free(&heartbeats);
  MPI_Comm_free(&world);
  MPI_Finalize();
}

/* Ends all ranks, this one included, with an exit status. What was printed before is given time to arrive. */
EXPORT void mlp_mpi_abort(int32_t code) {
  monitor_end(MONITOR_REPORTED);
  pause_for(0.2);
  acquire_within(1);
  MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}
