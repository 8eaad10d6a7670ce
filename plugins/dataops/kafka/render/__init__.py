"""A plan as people and programs read it: text for a terminal, Markdown for a pull request, JSON."""

from dataops.kafka.render.document import document
from dataops.kafka.render.drift import drift_summary, drift_text
from dataops.kafka.render.markdown import markdown
from dataops.kafka.render.text import text

__all__ = ["document", "drift_summary", "drift_text", "markdown", "text"]
