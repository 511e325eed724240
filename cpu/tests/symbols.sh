#!/bin/sh
# Checks the symbols of compiled kernels: symbols.sh NAMESPACE OBJECT... [NAMESPACE OBJECT...]...
#
# All functions that a kernel file defines for other files must be in the namespace of its instruction set. The linker keeps one
# of several weak functions of the same name: it may be the one for instructions that this processor lacks.
status=0
for word; do
  case $word in
    *.o)
      found=$(nm --defined-only "$word" | awk -v set="$namespace" '
        $2 ~ /[VWu]/ || ($2 ~ /[A-Z]/ && $3 !~ "^_Z[A-Z]*N?K?" length(set) set) { print $3 }' | c++filt)
      [ -z "$found" ] || { echo "fault: $word defines a symbol that is weak or not in namespace $namespace:" >&2
                           echo "$found" | sed 's/^/  /' >&2; status=1; }
      ;;
    *) namespace=$word ;;
  esac
done
exit $status
