"""From pairs to assets: what was decided before stays, accepted pairs join, and every asset has one uid for ever.

Invariants:
    a listing is in exactly one cluster, a cluster has at most one listing of a source (unless a person said otherwise);
    clusters only grow while pairs are joined, so joining the same pairs again changes nothing;
    a person's "no" holds for the asset it was said of and for whatever that asset becomes part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flows.matching import weights
from flows.matching.entries import Key, Prior
from flows.matching.normalize import Profile
from flows.matching.score import Candidate
from models.outcomes import LinkState
from models.records import MATCHER, Link


@dataclass(slots=True, eq=False)
class Cluster:
    """Listings taken for one coin, and the uids under which it was published."""

    members: set[Key] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    is_settled_by_person: bool = False

    @property
    def sources(self) -> set[str]:
        """Give the sources that list it."""
        return {source for source, _ in self.members}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An accepted pair that could not be joined, and why."""

    candidate: Candidate
    why: str


class Clusters:
    """The clusters while they grow, with everything that forbids two of them to become one."""

    def __init__(self, profiles: Mapping[Key, Profile], prior: Prior) -> None:
        self._profiles = profiles
        self._successors = prior.successors
        self._of: dict[Key, Cluster] = {}
        self.ejected: dict[Key, str] = {}
        """Listings that no longer belong where an earlier link put them, with the reason."""
        self._refused = {
            (link.source, link.source_id, self.current(link.asset_uid))
            for link in prior.links
            if link.state is LinkState.REJECTED and link.decided_by != MATCHER
        }
        self._restore([link for link in prior.links if link.state is LinkState.ACCEPTED])
        for key in sorted(profiles.keys() - self._of.keys()):
            self._of[key] = Cluster({key})

    def __getitem__(self, key: Key) -> Cluster:
        return self._of[key]

    def all(self) -> list[Cluster]:
        """List the clusters, the one with the most trusted listing first."""
        unique = {id(cluster): cluster for cluster in self._of.values()}
        return sorted(unique.values(), key=lambda cluster: min(map(trust, cluster.members)))

    def current(self, uid: str) -> str:
        """Give the uid that answers for `uid` today."""
        seen = {uid}
        while (following := self._successors.get(uid)) is not None and following not in seen:
            seen.add(following)
            uid = following
        return uid

    def is_refused(self, key: Key, uid: str) -> bool:
        """Tell whether a person said that this listing is not that asset."""
        return (*key, uid) in self._refused

    def join(self, accepted: Iterable[Candidate], vetoed: set[tuple[Key, Key]]) -> list[Refusal]:
        """Join pairs in the order given; tell which could not be, by what the clusters are in the end."""
        refused = []
        for candidate in accepted:
            one, other = self._of[candidate.left], self._of[candidate.right]
            if one is other:
                continue
            if self._obstacle(one, other, vetoed):
                refused.append(candidate)
                continue
            one.members |= other.members
            one.uids |= other.uids
            one.is_settled_by_person |= other.is_settled_by_person
            self._of |= dict.fromkeys(other.members, one)
        pairs = [(candidate, self._of[candidate.left], self._of[candidate.right]) for candidate in refused]
        return [
            Refusal(candidate, self._obstacle(one, other, vetoed) or "")
            for candidate, one, other in pairs
            if one is not other
        ]

    def _obstacle(self, one: Cluster, other: Cluster, vetoed: set[tuple[Key, Key]]) -> str | None:
        """Say what forbids to join: first what holds for ever, last what only holds for assets already published."""
        if both := one.sources & other.sources:
            return f"{', '.join(sorted(both))} already has another listing of this asset"
        pairs = [(a, b) for a in one.members for b in other.members]
        if any((a, b) in vetoed or (b, a) in vetoed or self._contradict(a, b) for a, b in pairs):
            return "another listing of the asset speaks against it"
        if any(
            self.is_refused(key, uid) for key in one.members | other.members for uid in one.uids | other.uids
        ):
            return "a person said no"
        if one.uids and other.uids and (one.is_settled_by_person or other.is_settled_by_person):
            return (
                "a person settled what is in one of the two published assets: merging them is a person's call"
            )
        if one.uids and other.uids and min(len(one.members), len(other.members)) > 1:
            return "both assets are published with several listings: merging them is a person's call"
        return None

    def _restore(self, links: Sequence[Link]) -> None:
        by_uid: dict[str, list[Link]] = {}
        for link in _one_per_listing(links):
            by_uid.setdefault(self.current(link.asset_uid), []).append(link)
        for uid, found in sorted(by_uid.items()):
            self._restore_one(uid, found)

    def _restore_one(self, uid: str, links: Sequence[Link]) -> None:
        cluster = Cluster(uids={uid})
        for link in sorted(
            links, key=lambda link: (link.decided_by == MATCHER, trust((link.source, link.source_id)))
        ):
            key = (link.source, link.source_id)
            if link.decided_by == MATCHER and (why := self._no_longer(key, uid, cluster)):
                self.ejected[key] = why
                continue
            cluster.is_settled_by_person |= link.decided_by != MATCHER
            cluster.members.add(key)
            self._of[key] = cluster

    def _no_longer(self, key: Key, uid: str, cluster: Cluster) -> str | None:
        if self.is_refused(key, uid):
            return "a person said no"
        if any(self._contradict(key, member) for member in cluster.members):
            return "its contract is not the asset's"
        return None

    def _contradict(self, one: Key, other: Key) -> bool:
        """Tell whether two listings name contracts on the same chains and share none."""
        if one not in self._profiles or other not in self._profiles:
            return False
        mine, theirs = self._profiles[one].addresses, self._profiles[other].addresses
        chains = mine.keys() & theirs.keys()
        return bool(chains) and not any(mine[chain] & theirs[chain] for chain in chains)


def trust(key: Key) -> tuple[tuple[int, str], str]:
    """Sort listings by whose word counts first."""
    return weights.source_rank(key[0]), key[1]


def _one_per_listing(links: Sequence[Link]) -> list[Link]:
    """Keep one accepted link for each listing: a person's, if there is one."""
    order = sorted(links, key=lambda link: (link.decided_by != MATCHER, link.asset_uid), reverse=True)
    return list({(link.source, link.source_id): link for link in reversed(order)}.values())
