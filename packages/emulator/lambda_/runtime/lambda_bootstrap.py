"""What starts the runtime client, as `/var/runtime/bootstrap.py` does on Lambda.

It is part of an execution environment: the function's process runs it, from the runtime's folder.
"""

import importlib
import os
import pwd
import sys

HOME = "/home/sbx_user1051"
"""Lambda's user has a home that is not there, and no variable that names it."""


def main() -> None:
    """Run the handler named by the command line until the process is killed.

    Where a function looks for its user's home, such as for `~/.aws`, it finds nothing of the
    person's who runs the emulator.
    """
    user = pwd.getpwuid(os.getuid())
    nobody = pwd.struct_passwd((*user[:5], HOME, user[6]))
    pwd.getpwuid = lambda _: nobody
    importlib.import_module("awslambdaric.__main__").main(sys.argv)


main()
