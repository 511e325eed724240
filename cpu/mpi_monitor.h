/* A process that reports the end of this one, even if it is killed. */
#ifndef MPI_MONITOR_H
#define MPI_MONITOR_H

#include <stdint.h>

/* How this process ends. */
enum monitor_end {
  MONITOR_LEFT,    /* as planned: the monitor says nothing */
  MONITOR_REPORTED /* with an error that it reports itself: no monitor of the run on this machine says anything */
};

/* Starts the monitor: a shell that waits for the end of this process. If it ends without monitor_end(), the shell writes `line`
 * to stderr, unless another monitor of the same run on this machine has done so. `run` is a number that all processes of the
 * run know. Does nothing if the shell cannot be started. */
void monitor_start(uint64_t run, const char *line);

/* Tells the monitor how this process ends. Does nothing without a monitor, and at a second call. */
void monitor_end(enum monitor_end how);

#endif
