"""``python sandbox/pager.py PORT``: where the guard's pages arrive in the sandbox, not on a telephone."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

LARGEST = 64 * 1024
"""Bytes of a page that are shown."""


class Pages(BaseHTTPRequestHandler):
    """Shows what it is sent, one line a page; the service's log is the list of all pages."""

    def do_POST(self) -> None:
        """Take a page."""
        length = min(int(self.headers.get("Content-Length") or 0), LARGEST)
        text = self.rfile.read(length).decode(errors="replace")
        print(f"{self.log_date_time_string()} {' '.join(text.split())}", flush=True)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """The log holds pages, not requests."""


def main() -> int:
    """Serve until told to stop."""
    address = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    HTTPServer((address, int(sys.argv[1])), Pages).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
