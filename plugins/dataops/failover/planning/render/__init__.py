"""A plan for people and for programs: text, Markdown, JSON."""

from dataops.failover.planning.render.document import document
from dataops.failover.planning.render.markdown import markdown
from dataops.failover.planning.render.text import text

__all__ = ["document", "markdown", "text"]
