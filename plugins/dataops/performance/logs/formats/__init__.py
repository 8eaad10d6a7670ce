"""The formats that a server writes its log in: jsonlog, csvlog, and stderr with its log_line_prefix."""
