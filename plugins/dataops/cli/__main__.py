"""``python -m dataops.cli`` is ``dataops``."""

import sys

from dataops.cli.frame import main

sys.exit(main())
