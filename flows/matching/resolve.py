"""Entity resolution in one call: listings and earlier decisions in, the complete state out.

    normalize -> block -> score -> decide -> cluster, twice: what the first pass settles is out of the way in the
    second, so that a symbol that was shared becomes telling among the listings that are left.

Pure: the same entries and prior give the same resolution, in whatever order they come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flows.matching.block import block
from flows.matching.cluster import Cluster, Clusters, trust
from flows.matching.decide import Decision, decide_all
from flows.matching.entries import Conflict, Entry, Key, Prior, Resolution, RetiredLink
from flows.matching.normalize import Profile, profile
from models.outcomes import LinkState
from models.records import MATCHER, AssetIdentity, Link
from models.uids import Uids

FOUNDED = "founded"
"""The method of the link between an asset and the listing it was founded for."""
_CANDIDATES_PER_LISTING = 3


def resolve(entries: Sequence[Entry], prior: Prior) -> Resolution:
    """Decide which listings are which assets. See `Resolution` for what is promised."""
    profiles, conflicts = _profiles(entries)
    blocks = block(list(profiles.values()))
    conflicts += [*blocks.crowds(), *blocks.shared_contracts()]
    decisions = decide_all(blocks)
    clusters = Clusters(profiles, prior)
    accepted = [found for found in decisions if found.state is LinkState.ACCEPTED]
    vetoed = {(d.candidate.left, d.candidate.right) for d in decisions if d.candidate.is_vetoed}
    refusals = clusters.join((decision.candidate for decision in accepted), vetoed)
    doubtful = [found for found in decisions if found.state is LinkState.REVIEW]
    doubtful += [Decision(refusal.candidate, LinkState.REVIEW, refusal.why) for refusal in refusals]
    lost = [found for found in decisions if found.state is LinkState.REJECTED]
    return _Outcome(profiles, prior, clusters, accepted, doubtful, lost, conflicts).resolution()


def _profiles(entries: Sequence[Entry]) -> tuple[dict[Key, Profile], list[Conflict]]:
    """Read every listing once; a key that comes twice is a conflict, and its first by content is taken."""
    by_key: defaultdict[Key, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_key[entry.key].append(entry)
    conflicts = [
        Conflict(
            "duplicate_id", (key,), f"{key[0]} lists the id {key[1][:80]!r} {len(found)} times; one was used"
        )
        for key, found in sorted(by_key.items())
        if len(found) > 1
    ]
    chosen = {key: found[0] if len(found) == 1 else min(found, key=repr) for key, found in by_key.items()}
    return {key: profile(entry) for key, entry in sorted(chosen.items())}, conflicts


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Everything decided, on its way to becoming links."""

    profiles: Mapping[Key, Profile]
    prior: Prior
    clusters: Clusters
    accepted: Sequence[Decision]
    doubtful: Sequence[Decision]
    lost: Sequence[Decision]
    conflicts: list[Conflict]

    def resolution(self) -> Resolution:
        uids, founded = self._uids()
        links = self._links(uids)
        review = self._reviews(uids)
        rejected = self._losers(uids, review)
        holding = (*links, *review, *rejected)
        live = {(link.source, link.source_id, link.asset_uid, link.state) for link in holding}
        return Resolution(
            assets=tuple(sorted((*self.prior.assets, *founded), key=lambda asset: asset.uid)),
            founded=tuple(sorted(founded, key=lambda asset: asset.uid)),
            accepted=tuple(sorted(links, key=_link_order)),
            review=tuple(sorted(review, key=_link_order)),
            rejected=tuple(sorted(rejected, key=_link_order)),
            retired=tuple(self._retired(live, uids)),
            successors=self._successors(uids),
            conflicts=tuple(self.conflicts + self._ejections()),
        )

    def _uids(self) -> tuple[dict[int, str], list[AssetIdentity]]:
        """Give every cluster its uid: a published one, else a new one in an order that nothing disturbs."""
        taken = {asset.uid for asset in self.prior.assets} | {link.asset_uid for link in self.prior.links}
        names = Uids(taken | {*self.prior.successors.keys(), *self.prior.successors.values()})
        uids: dict[int, str] = {}
        founded: list[AssetIdentity] = []
        for cluster in self.clusters.all():
            if cluster.uids:
                uids[id(cluster)] = self._leading_uid(cluster)
                continue
            founder = self.profiles[min(cluster.members, key=trust)].entry.listing
            uid = names.found(founder.source, founder.source_id, founder.name)
            uids[id(cluster)] = uid
            founded.append(AssetIdentity(uid, *self._symbol_and_name(cluster, uid)))
        return uids, founded

    def _leading_uid(self, cluster: Cluster) -> str:
        """Choose which of several published uids stays: a person's, else the one with most and best listings."""
        accepted = (
            [link for link in self.prior.links if link.state is LinkState.ACCEPTED]
            if len(cluster.uids) > 1
            else []
        )
        weight: dict[str, tuple[bool, int]] = {}
        for uid in cluster.uids:
            mine = [link for link in accepted if self.clusters.current(link.asset_uid) == uid]
            weight[uid] = (not any(link.decided_by != MATCHER for link in mine), -len(mine))
        best = {
            uid: min((trust(_key(link)) for link in accepted if link.asset_uid == uid), default=((9, ""), ""))
            for uid in weight
        }
        return min(cluster.uids, key=lambda uid: (weight[uid], best[uid], uid))

    def _symbol_and_name(self, cluster: Cluster, uid: str) -> tuple[str | None, str]:
        listings = [self.profiles[key].entry.listing for key in sorted(cluster.members, key=trust)]
        symbol = next((listing.symbol for listing in listings if listing.symbol), None)
        return symbol.upper() if symbol else None, next(
            (listing.name for listing in listings if listing.name), uid
        )

    def _links(self, uids: Mapping[int, str]) -> list[Link]:
        earlier = {
            (*_key(link), link.asset_uid): link
            for link in self.prior.links
            if link.state is LinkState.ACCEPTED
        }
        joined = self._joined_by()
        links = []
        for cluster in self.clusters.all():
            uid = uids[id(cluster)]
            founder = None if cluster.uids else min(cluster.members, key=trust)
            links += [
                earlier.get((*key, uid)) or self._link(key, uid, key == founder, joined)
                for key in cluster.members
            ]
        return links

    def _joined_by(self) -> dict[Key, Decision]:
        """Find for every listing the best accepted pair that put it into its cluster."""
        joined: dict[Key, Decision] = {}
        for decision in self.accepted:
            left, right = decision.candidate.left, decision.candidate.right
            if self.clusters[left] is self.clusters[right]:
                joined.setdefault(left, decision)
                joined.setdefault(right, decision)
        return joined

    def _link(self, key: Key, uid: str, is_founder: bool, joined: Mapping[Key, Decision]) -> Link:  # noqa: FBT001
        if is_founder or key not in joined:
            return Link(
                *key, uid, LinkState.ACCEPTED, FOUNDED, 1.0, ("the listing this asset was founded for",)
            )
        return _as_link(key, uid, joined[key], LinkState.ACCEPTED)

    def _reviews(self, uids: Mapping[int, str]) -> list[Link]:
        links: defaultdict[Key, dict[str, Link]] = defaultdict(dict)
        for decision in sorted(self.doubtful, key=lambda found: -found.candidate.points):
            subject = self._subject(decision)
            if subject is None or len(links[subject]) >= _CANDIDATES_PER_LISTING:
                continue
            asset = self.clusters[decision.candidate.other(subject)]
            uid = uids[id(asset)]
            if not self._is_refused(subject, asset):
                links[subject].setdefault(uid, _as_link(subject, uid, decision, LinkState.REVIEW))
        return [link for found in links.values() for link in found.values()]

    def _losers(self, uids: Mapping[int, str], review: Iterable[Link]) -> list[Link]:
        """Keep the best of the candidates that lost to another, of both listings of a pair: they explain a link."""
        told = {(*_key(link), link.asset_uid) for link in review}
        links: defaultdict[Key, dict[str, Link]] = defaultdict(dict)
        for decision in self.lost:
            left, right = decision.candidate.left, decision.candidate.right
            if self.clusters[left] is self.clusters[right]:
                continue
            for subject in (left, right):
                asset = self.clusters[decision.candidate.other(subject)]
                uid = uids[id(asset)]
                has_room = len(links[subject]) < _CANDIDATES_PER_LISTING
                if has_room and (*subject, uid) not in told and not self._is_refused(subject, asset):
                    links[subject].setdefault(uid, _as_link(subject, uid, decision, LinkState.REJECTED))
        return [link for found in links.values() for link in found.values()]

    def _is_refused(self, subject: Key, asset: Cluster) -> bool:
        """Tell whether a person said that this listing is not that asset, by any of its uids."""
        return any(self.clusters.is_refused(subject, published) for published in asset.uids)

    def _subject(self, decision: Decision) -> Key | None:
        """Say whose doubt it is: the less trusted listing's, unless it already has its like in the other source."""
        left, right = decision.candidate.left, decision.candidate.right
        if self.clusters[left] is self.clusters[right]:
            return None
        for subject, other in ((right, left), (left, right)):
            if other[0] not in self.clusters[subject].sources:
                return subject
        return None

    def _retired(
        self, live: set[tuple[str, str, str, LinkState]], uids: Mapping[int, str]
    ) -> Iterable[RetiredLink]:
        for link in sorted(self.prior.links, key=_link_order):
            is_held = (*_key(link), link.asset_uid, link.state) in live
            if is_held or link.decided_by != MATCHER or _key(link) not in self.profiles:
                continue
            yield RetiredLink(link, self._why_retired(link, uids))

    def _why_retired(self, link: Link, uids: Mapping[int, str]) -> str:
        key = _key(link)
        if link.state is not LinkState.ACCEPTED:
            return "no longer in doubt" if link.state is LinkState.REVIEW else "no longer a candidate"
        if key in self.clusters.ejected:
            return self.clusters.ejected[key]
        return f"now linked to {uids[id(self.clusters[key])]}"

    def _successors(self, uids: Mapping[int, str]) -> dict[str, str]:
        return {
            uid: uids[id(cluster)]
            for cluster in self.clusters.all()
            for uid in sorted(cluster.uids)
            if uid != uids[id(cluster)]
        }

    def _ejections(self) -> list[Conflict]:
        return [Conflict("link_undone", (key,), why) for key, why in sorted(self.clusters.ejected.items())]


def _as_link(key: Key, uid: str, decision: Decision, state: LinkState) -> Link:
    candidate = decision.candidate
    other = ":".join(candidate.other(key))[:120]
    return Link(
        *key, uid, state, candidate.method, candidate.score, (f"compared with {other}", *decision.reasons)
    )


def _key(link: Link) -> Key:
    return link.source, link.source_id


def _link_order(link: Link) -> tuple[str, str, str, str]:
    return link.source, link.source_id, link.asset_uid, link.state
