"""Runs the steps of a deploy phase and writes the seconds of each: ``phase.py RESULT STEPS``, where STEPS is JSON."""

import json
import subprocess
import sys
import time

if __name__ == "__main__":
    result, steps = sys.argv[1:]
    seconds = {}
    for name, command in json.loads(steps).items():
        start = time.perf_counter()
        subprocess.run(command, check=True)
        seconds[name] = time.perf_counter() - start
    with open(result, "w") as file:  # noqa: PTH123  # pathlib would be most of this process
        json.dump(seconds, file)
