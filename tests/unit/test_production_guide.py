"""docs/production.md names what is there: files, secrets, services, profiles, variables."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "production.md").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
HELM = yaml.safe_load((ROOT / "include" / "infrastructure" / "helm" / "values.yaml").read_text())


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", GUIDE)
    assert len(links) > 3
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


def test_every_secret_that_the_chart_needs_is_explained() -> None:
    needed = {
        HELM["fernetKeySecretName"],
        HELM["apiSecretKeySecretName"],
        HELM["jwtSecretName"],
        HELM["data"]["metadataSecretName"],
        *(volume["secret"]["secretName"] for volume in HELM["volumes"]),
        *re.findall(r"name: (\S+)", HELM["extraEnvFrom"]),
    }
    assert set(re.findall(r"^\| `((?:airflow|dataops)-[\w-]+)` \|", GUIDE, re.M)) == needed


def test_the_chart_mounts_what_it_declares() -> None:
    assert {volume["name"] for volume in HELM["volumes"]} == {mount["name"] for mount in HELM["volumeMounts"]}


def test_every_service_and_profile_that_it_names_is_in_the_compose_file() -> None:
    profiles = {
        profile for service in COMPOSE["services"].values() for profile in service.get("profiles", [])
    }
    assert set(re.findall(r"--profile (\w+)", GUIDE)) == profiles
    deleted = GUIDE[GUIDE.index("delete the services") : GUIDE.index("and give `x-airflow`")]
    assert set(re.findall(r"`([\w-]+)`", deleted)) <= set(COMPOSE["services"])
    assert set(re.findall(r"docker compose exec (\w+)", GUIDE)) <= set(COMPOSE["services"])


def test_the_published_ports_are_those_of_the_guide() -> None:
    published = {
        mapping.split(":")[1]
        for service in COMPOSE["services"].values()
        for mapping in service.get("ports", [])
    }
    line = next(line for line in GUIDE.splitlines() if line.startswith("It answers on loopback only"))
    assert set(re.findall(r"\d{4,5}", line)) == published
