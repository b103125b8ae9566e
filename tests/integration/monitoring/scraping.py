"""/metrics as Prometheus reads them: samples by name and labels."""

from __future__ import annotations

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.api.client import Api

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Samples(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Every sample of one scrape."""

    def of(self, name: str, **labels: str) -> float | None:
        """Return the sample of exactly these labels; None: there is none."""
        return self.get((name, frozenset(labels.items())))

    def total(self, name: str, **labels: str) -> float:
        """Add up the samples that have at least these labels."""
        return sum(value for (each, said), value in self.items() if each == name and labels.items() <= said)

    @property
    def names(self) -> set[str]:
        """Every sample's name."""
        return {name for name, _ in self}


def read(text: str, *, openmetrics: bool = False) -> Samples:
    """Read a page of metrics; fails on one that is none, or says something twice."""
    samples = Samples()
    parse = openmetrics_families if openmetrics else text_string_to_metric_families
    for family in parse(text):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in samples, f"{key} is said twice"
            samples[key] = sample.value
    return samples


async def scraped(api: Api) -> Samples:
    """Read the metrics of an application."""
    answer = await api.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return read(answer.text)
