"""python -m liter_llm.bulk INPUT OUTPUT: the same as `liter-llm map`."""

from __future__ import annotations

import argparse
import sys

from .command import DESCRIPTION, EPILOG, add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m liter_llm.bulk",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
