/* The other ranks of a run: which of them are lost, and the lock around all calls of MPI. */
#ifndef MPI_PEERS_H
#define MPI_PEERS_H

#include <mpi.h>

/* Waits for the lock, which a thread holds while it calls MPI. */
void acquire(void);
void release(void);

/* Takes the lock if it becomes free within some seconds. */
void acquire_within(double seconds);

/* Lets a thread that waits for the lock have it. The caller has the lock, before and after. */
void yield_lock(void);

/* Begins to send heartbeats to all ranks of a communicator, from a thread of its own, and to expect theirs. Returns a text if
 * that fails, else null. */
const char *peers_start(MPI_Comm heartbeats);

/* Sends and reads the heartbeats that are due; cheap if none is. The caller has the lock. */
void exchange_heartbeats_if_due(void);

/* Returns whether a rank has been silent for some seconds, or has left. The caller has the lock. */
int is_lost(int rank, double seconds);

/* Marks a rank with which MPI has failed to communicate. The caller has the lock. */
void lose(int rank);

/* Tells the other ranks that this one leaves. Returns 1 if all others do too, else 0: call it again. The caller has the lock. */
int peers_leave(void);

/* Ends the thread, after peers_leave has returned 1. */
void peers_end(void);

/* Returns the seconds of a clock that only goes forward. */
double clock_seconds(void);

/* Pauses the calling thread. */
void pause_for(double seconds);

#endif
