"""What one run asks for, over what the subject's file says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from dataops.backup.steps import Job
from dataops.errors import ConfigurationError

Settings = TypeVar("Settings", bound=BaseModel)


def settings_with_options(model: type[Settings], job: Job, declared: Mapping[str, object]) -> Settings:
    """The settings of a run: as ``declared``, but for the run's own options.

    Raises ``ConfigurationError`` for an option that does not exist or does not fit, with those that do exist.
    """
    try:
        return model.model_validate({**declared, **job.options})
    except ValidationError as error:
        first = error.errors()[0]
        option = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"Option {option!r} of the backup of {job.subject.name} cannot be used: {first['msg']}. "
            f"Options are: {', '.join(model.model_fields)}."
        ) from error
