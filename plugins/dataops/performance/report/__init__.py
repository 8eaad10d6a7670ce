"""The report of a night: one document, and the same in HTML, JSON and Markdown."""
