"""What a notification says: five lines that a person can act on from a telephone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Message:
    """News of one run. ``evidence`` and ``runbook`` are addresses, ``verdict`` a verdict,
    ``recovered``, or that it waits for a person: then ``evidence`` is where to answer.
    """

    capability: str
    subject: str
    environment: str
    owner: str
    verdict: str
    reason: str
    evidence: str
    runbook: str

    @property
    def title(self) -> str:
        """One line: fits a mail's subject and a lock screen."""
        return f"{self.capability} of {self.subject} ({self.environment}): {self.verdict}"

    @property
    def text(self) -> str:
        """Plain text for Slack, its control characters escaped: no reason may call `<!everyone>`."""
        lines = [self.title, self.reason, *(f"{name}: {value}" for name, value in self._facts)]
        return "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    @property
    def html(self) -> str:
        """The same for mail."""
        facts = "".join(f"<dt>{name}</dt><dd>{_linked(value)}</dd>" for name, value in self._facts)
        return f"<h1>{escape(self.title)}</h1><p>{escape(self.reason)}</p><dl>{facts}</dl>"

    @property
    def _facts(self) -> tuple[tuple[str, str], ...]:
        return (("Evidence", self.evidence), ("Runbook", self.runbook), ("Owner", self.owner))


def _linked(value: str) -> str:
    text = escape(value)
    return f'<a href="{text}">{text}</a>' if value.startswith(("http://", "https://")) else text
