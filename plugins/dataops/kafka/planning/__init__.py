"""From what is declared and what is there to the plan: values in, values out."""

from dataops.kafka.planning.plan import plan

__all__ = ["plan"]
