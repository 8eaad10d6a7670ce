"""A record cannot say more than its checks do, and its bytes are what is hashed."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import jsonschema
import pytest
from dataops.evidence import schema
from dataops.evidence.record import Record
from dataops.evidence.verdict import Verdict
from pydantic import ValidationError

from tests.unit.evidence.samples import START, check, record, red, unknown


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.INCONCLUSIVE])
def test_passed_cannot_be_said_over_a_red_check(verdict: Verdict) -> None:
    with pytest.raises(ValidationError, match="the checks say"):
        record(check("fine"), check("red", verdict), verdict=Verdict.PASSED)


def test_nothing_applicable_is_not_passed() -> None:
    with pytest.raises(ValidationError, match="the checks say inconclusive"):
        record(check("absent", Verdict.NOT_APPLICABLE), verdict=Verdict.PASSED)
    with pytest.raises(ValidationError, match="passed, failed or inconclusive"):
        record(verdict=Verdict.NOT_APPLICABLE)


def test_a_run_cannot_end_before_it_began() -> None:
    with pytest.raises(ValidationError, match="finished before it started"):
        record(finished=START - timedelta(seconds=1))


@pytest.mark.parametrize("sample", [record(), red(), unknown()], ids=lambda sample: str(sample.verdict))
def test_bytes_come_back_as_the_same_record_and_fit_the_schema(sample: Record) -> None:
    body = sample.to_bytes()
    again = Record.model_validate_json(body)
    assert again == sample
    assert again.to_bytes() == body
    assert sample.sha256 == hashlib.sha256(body).hexdigest()
    jsonschema.Draft202012Validator(schema.committed()).validate(json.loads(body))


def test_the_committed_schema_is_the_models() -> None:
    assert schema.committed() == schema.generated(), (
        "write dataops.evidence.schema.text() to plugins/dataops/evidence/record.schema.json"
    )


def test_the_schema_refuses_what_is_no_record() -> None:
    wrong = json.loads(record().to_bytes()) | {"verdict": "green"}
    with pytest.raises(jsonschema.ValidationError, match="green"):
        jsonschema.Draft202012Validator(schema.committed()).validate(wrong)
