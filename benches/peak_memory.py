"""Run one command and print its exit code and peak memory as JSON.

    peak_memory.py STDOUT_FILE STDERR_FILE COMMAND [ARGUMENT ...]

It is a program of its own because the kernel counts the memory of the process that forks towards the child: a
fresh small interpreter keeps that floor near 10 MB. The peak is that of the largest single process among the
command and the descendants it waited for, not their sum.
"""

import json
import os
import sys


def main():
    stdout_path, stderr_path, *command = sys.argv[1:]
    child = os.fork()
    if child == 0:
        for path, descriptor in ((os.devnull, 0), (stdout_path, 1), (stderr_path, 2)):
            flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(path, flags, 0o644), descriptor)
        try:
            os.execvp(command[0], command)
        except OSError as err:
            os.write(2, f"{command[0]}: {err.strerror}\n".encode())
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({"exit_code": os.waitstatus_to_exitcode(status), "peak_bytes": usage.ru_maxrss * bytes_per_unit}))


main()
