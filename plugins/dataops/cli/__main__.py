"""``python -m dataops.cli`` is ``dataops``."""

import sys

from dataops.cli.main import main

sys.exit(main())
