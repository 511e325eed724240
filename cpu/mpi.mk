# The library that connects processes by MPI. It is built by the compiler wrapper of the MPI that will run it: `make mpi` in the
# folder above, or `make -C cpu -f mpi.mk MPICC=mpicc.openmpi MPI_LIBRARY=build/libmlpmpi.so`.

MPICC ?= mpicc
MPI_LIBRARY ?= libmlpmpi.so

.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := library
.PHONY: library

library:
	@command -v $(MPICC) >/dev/null || { \
	  echo "error: Cannot build cpu/$(MPI_LIBRARY): $(MPICC) not found" >&2; \
	  echo "  hint: install an MPI with its headers, such as libmpich-dev or libopenmpi-dev, or name its compiler: make mpi MPICC=..." >&2; \
	  exit 1; }
	@$(MAKE) --no-print-directory -f mpi.mk $(MPI_LIBRARY)

# `nodelete` keeps the code in memory, because the thread of the library and MPI itself run until the process ends.
$(MPI_LIBRARY): mpi.c mpi_peers.c mpi_monitor.c mpi_start.c mpi_peers.h mpi_monitor.h mpi_start.h ../cuda/mlp.h mpi.mk
	@mkdir -p $(@D)
	@$(MPICC) -std=gnu11 -O2 -Wall -Wextra -fPIC -fvisibility=hidden -pthread -I../cuda -shared -Wl,-z,nodelete \
	  $(filter %.c,$^) -o $@.part
	@mv $@.part $@
	@echo "built cpu/$@ with $(MPICC)"
