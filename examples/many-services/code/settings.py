"""The settings of all programs of this image: what was rendered to config.py."""

import os
import runpy
import sys

# What uwsgi ends with when it cannot load its application.
CANNOT_LOAD = 22


def load():
    """All upper-case names of config.py beside this file."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "config.py")
    try:
        found = runpy.run_path(path)
    except Exception as error:
        print(f"cannot load {path}: {error}", file=sys.stderr, flush=True)
        sys.exit(CANNOT_LOAD)
    return {name: value for name, value in found.items() if name.isupper()}
