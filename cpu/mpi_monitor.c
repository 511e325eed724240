/* The monitor of a rank. When a rank is killed, mpirun ends the others: that of MPICH at once, by SIGKILL. No process of the run
 * can then say why it has ended, so that each has a shell beside it. The shell reads from a pipe whose other end only the rank
 * has. The system closes the pipe when the rank ends, in whatever way.
 *
 * Every rank that mpirun has killed has a monitor, too. The first one on a machine makes a file, and the others are silent. A
 * rank may crash because MPI does not find the memory of one that was killed: its monitor lets that of the other be first. */
#define _GNU_SOURCE
#include "mpi_monitor.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* $1: the file, $2: the line. A signal to the whole job must not end the shell before it has written. What the shell does until
 * then starts no process, which would take too long. stderr is closed early, because mpirun waits for its end. */
static const char SCRIPT[] =
    "trap '' INT TERM HUP PIPE; set -C; read -r how; [ \"$how\" = left ] && exit; [ \"$how\" = crashed ] && sleep 1; "
    "{ true >\"$1\"; } 2>/dev/null || exit; [ \"$how\" = reported ] || printf '%s\\n' \"$2\" >&2; "
    "exec 2>/dev/null; sleep 10; rm -f \"$1\"";

static int pipe_to_monitor = -1;

static void tell(const char *word) {
  /* If the monitor has ended, there is nothing to tell; Deno ignores SIGPIPE. */
  if (pipe_to_monitor >= 0 && write(pipe_to_monitor, word, strlen(word)) > 0) close(pipe_to_monitor);
  pipe_to_monitor = -1;
}

static void on_abort(int number) {
  tell("crashed\n");
  signal(number, SIG_DFL);
  raise(number);
}

/* Without a word before, the process has ended by itself: an error of its own, that it has reported. */
static void at_exit(void) { monitor_end(MONITOR_REPORTED); }

void monitor_start(uint64_t run, const char *line) {
  const char *parent = getenv("TMPDIR");
  char file[4096];
  int ends[2];
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t process;
  if (pipe_to_monitor >= 0 || pipe(ends) != 0) return;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  snprintf(file, sizeof file, "%s/mlpcuda-run-%016llx", parent && parent[0] ? parent : "/tmp", (unsigned long long)run);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  /* Files that mpirun has opened for this process, such as its connection to mpirun, must end with it. */
  for (int other = 3; other < 1024; other++) {
    const int flags = fcntl(other, F_GETFD);
    if (flags >= 0 && !(flags & FD_CLOEXEC)) posix_spawn_file_actions_addclose(&actions, other);
  }
  posix_spawnattr_init(&attributes);
#ifdef POSIX_SPAWN_SETSID
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
#endif
  char *const arguments[] = {"sh", "-c", (char *)SCRIPT, "sh", file, (char *)line, NULL};
  const int failed = posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  if (failed) {
    close(ends[1]);
    return;
  }
  pipe_to_monitor = ends[1];
  atexit(at_exit);
  signal(SIGABRT, on_abort);
}

void monitor_end(enum monitor_end how) { tell(how == MONITOR_LEFT ? "left\n" : "reported\n"); }
