"""What the platform looks after: the YAML under include/, as frozen models."""

from dataops.inventory.database import Database
from dataops.inventory.discovery import Unenrolled, unenrolled
from dataops.inventory.drilling import AFTER_BACKUP, Drill, Fresh, PointPolicy, Smoke, ThirdParty
from dataops.inventory.duration import Duration, format_duration, parse_duration
from dataops.inventory.failover import Failover, FailoverNode, Route
from dataops.inventory.inventory import Inventory, Subject, UnknownSubject
from dataops.inventory.loading import NoInclude, load
from dataops.inventory.location import environment_name, include_folder
from dataops.inventory.objectives import Objectives, Retention
from dataops.inventory.problem import InvalidFile, Problem
from dataops.inventory.reporting import Acknowledgement, Report, Samples, Thresholds
from dataops.inventory.server import BackupType, Hosts, Physical, Rds, Server, WalArchive, Worker

__all__ = [
    "AFTER_BACKUP",
    "Acknowledgement",
    "BackupType",
    "Database",
    "Drill",
    "Duration",
    "Failover",
    "FailoverNode",
    "Fresh",
    "Hosts",
    "InvalidFile",
    "Inventory",
    "NoInclude",
    "Objectives",
    "Physical",
    "PointPolicy",
    "Problem",
    "Rds",
    "Report",
    "Retention",
    "Route",
    "Samples",
    "Server",
    "Smoke",
    "Subject",
    "ThirdParty",
    "Thresholds",
    "Unenrolled",
    "UnknownSubject",
    "WalArchive",
    "Worker",
    "environment_name",
    "format_duration",
    "include_folder",
    "load",
    "parse_duration",
    "unenrolled",
]
