"""The machines that the nodes run on: what lives there, and how it is stopped, started and broken."""
