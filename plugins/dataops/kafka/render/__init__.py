"""A plan as people and programs read it: text for a terminal, Markdown for a pull request, JSON."""

from dataops.kafka.render.document import document
from dataops.kafka.render.markdown import markdown
from dataops.kafka.render.text import text

__all__ = ["document", "markdown", "text"]
