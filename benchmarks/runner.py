"""Runs a program and writes what the operating system saw of it: ``runner.py RESULT PROGRAM [ARGUMENT ...]``.

It is small on purpose: until a child has loaded its program, its peak is its parent's.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    result, *command = sys.argv[1:]
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    seen = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_kib": usage.ru_maxrss,
    }
    with open(result, "w") as file:  # noqa: PTH123  # pathlib would be most of this process
        json.dump(seen, file)
