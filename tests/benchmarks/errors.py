"""Why a measurement cannot go on, in a sentence for whoever runs it."""

from __future__ import annotations


class BenchmarkError(RuntimeError):
    """The root of them; the message says what happened, to whom, and what to do where something can be done."""


class StartError(BenchmarkError):
    """A program ended or kept silent; the message says which, and how its output ends."""


class AbsentError(BenchmarkError):
    """A contender cannot take part; the others go on."""


class RefusedError(BenchmarkError):
    """A server answered with an error where it should answer."""


class DisagreementError(BenchmarkError):
    """A contender answers something else than we do, or loads something else; the message says where."""


class LoadError(BenchmarkError):
    """wrk could not do its work, or what it asked was refused; the message says how much."""


class RunError(BenchmarkError):
    """A run ended badly; the message says which, and how its output ends."""
