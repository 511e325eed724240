/* The time in which all ranks have to start. */
#ifndef MPI_START_H
#define MPI_START_H

/* Begins the time, in seconds: if it is over before start_end, the process writes a line to stderr and ends with status 1. Until
 * then, signals such as SIGINT end the process, too. */
void start_begin(double seconds);
void start_end(void);

#endif
