"""What a server's log says of its statements, errors, locks and maintenance, counted and without literals."""
