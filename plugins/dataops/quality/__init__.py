"""Data checks in Great Expectations: suites kept as JSON, run by a thin runner of our own.

Great Expectations takes seconds to import: only functions that run or validate expectations import it.
"""

from dataops.quality.checking import check_suites
from dataops.quality.profiling import profile
from dataops.quality.result import ExpectationResult, SuiteResult, TableResult
from dataops.quality.running import run_suite
from dataops.quality.suite import Expectation, Suite, TableSuite
from dataops.quality.suite_file import (
    FOLDER,
    SuiteInvalid,
    no_suite,
    read_suite,
    suite_of,
    suite_path,
    write_suite,
)

__all__ = [
    "FOLDER",
    "Expectation",
    "ExpectationResult",
    "Suite",
    "SuiteInvalid",
    "SuiteResult",
    "TableResult",
    "TableSuite",
    "check_suites",
    "no_suite",
    "profile",
    "read_suite",
    "run_suite",
    "suite_of",
    "suite_path",
    "write_suite",
]
