"""What a server's log says of its statements, errors, locks and maintenance, counted and without literals.

``collect`` counts what is new in a server's log; ``section`` makes a window's ``LOGS`` of the counts.
"""

from __future__ import annotations
