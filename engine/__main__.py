"""`python -m engine COMMAND`: judge, train, evaluate, group and draw photos without a database."""

from __future__ import annotations

import argparse
import importlib
import sys

from engine.errors import EngineError
from engine.outputs import UNREAD, ends_unread
from settings import SettingsError, load_settings

COMMANDS = ("judge", "split", "train", "evaluate", "group", "sample", "degrade", "tune")


def main(argv: list[str] | None = None) -> int:
    """Run one command. `models_dir` and `cache_dir` come from the settings, all else from the command line.

    Exit codes: 0 all done, 2 arguments or data that cannot be used, 3 some files failed, 141 the reader of a pipe went away.
    """
    parser = argparse.ArgumentParser(prog="python -m engine", description="Judge, group, draw and learn from meter photos.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"engine.commands.{name}")
        command = commands.add_parser(
            name,
            help=module.SUMMARY,
            description=module.SUMMARY,
            epilog=f"Example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    try:
        settings = load_settings()
        args.models_dir, args.cache_dir = settings.models_dir, settings.cache_dir
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except (EngineError, SettingsError) as error:
        print(f"{args.command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a folder without rights
        if ends_unread(error):
            return UNREAD
        print(f"{args.command}: {error.filename or 'a file'} cannot be used: {error.strerror or error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{args.command}: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
