"""The command line: arguments in, exit codes out.

0 well; 1 warnings only; 2 a mistake or a lack of room, which a message explains; 3 a fault of this package; 128 and
more, ended by a signal. Nothing heavy is imported until a command needs it.
"""

from outcomes.cli.commands import app, main, script

__all__ = ["app", "main", "script"]
