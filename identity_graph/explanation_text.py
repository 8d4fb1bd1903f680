"""Text of explanations: one line a link, a reason, or a chapter of an id's life. Long values are shortened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from identity_graph.chains import Chain, ChainLink
from identity_graph.evidence import Chapter, Override, Part, Story, UnknownId
from identity_graph.explanations import (
    BrokenLimit,
    Explanation,
    JudgedKey,
    OtherSpaces,
    PairExplanation,
    Refusal,
    UnknownIds,
    Verdict,
)
from identity_graph.text import counted, shorten, some

SHOWN_IDS = 5


def explanation_lines(explained: Explanation) -> list[str]:
    """The text of an explanation, whatever it is about."""
    if isinstance(explained, PairExplanation):
        return pair_lines(explained)
    if isinstance(explained, Story):
        return story_lines(explained)
    if isinstance(explained, UnknownIds):
        return [unknown_line(unknown) for unknown in explained.ids]
    return other_spaces_lines(explained)


def pair_lines(explained: PairExplanation) -> list[str]:
    """Why two ids are one person, or why they are apart."""
    one, other = explained.member_a, explained.member_b
    shared = [line for each in explained.shared_ids for line in (f"{each.anonymous_id}:", *part_lines(each.parts))]
    if explained.id_a == explained.id_b:
        return [*shared, f"{explained.id_a} is one id, of person {one.person}."]
    chain = explained.chain
    if explained.are_linked and chain:
        return [
            *shared,
            f"{explained.id_a} and {explained.id_b} are one person: {one.person} ({counted(one.id_count, 'id')}).",
            f"Linked through {counted(len(chain.links), 'link')}:",
            *chain_lines(chain),
        ]
    lines = [
        *shared,
        f"{explained.id_a} and {explained.id_b} are apart: persons {one.person} and {other.person}.",
    ]
    if chain:
        lines += [
            f"The best chain between them has {counted(len(chain.links), 'link')}, {len(chain.refused):,} refused:",
            *chain_lines(chain),
        ]
    elif explained.shared_keys:
        lines += ["No chain of evidence leads from one to the other.", "Keys that both were seen with:"]
        lines += sorted({"  " + key_line(key) for key in explained.shared_keys})
    else:
        lines.append("No chain of evidence leads from one to the other.")
        lines.append("They were never seen with the same value of any key.")
    reasons = [line for refusal in explained.refusals for line in refusal_lines(refusal)]
    lines += dict.fromkeys([*reasons, *(override_line(override) for override in explained.overrides)])
    for level, links in (explained.group_chains or {}).items():
        lines.append(f"Their persons are of one {level}, through {counted(len(links.links), 'link')}:")
        lines += chain_lines(links)
    return lines


def chain_lines(chain: Chain) -> list[str]:
    """One line a link of the chain. `*` marks the weakest accepted link, `x` a refused one."""
    weakest = chain.weakest
    lines = [
        f"{'*' if link is weakest else ' ' if link.is_accepted else 'x'} {number:>2}  {link_text(link)}"
        for number, link in enumerate(chain.links, start=1)
    ]
    if weakest:
        lines.append(f"* the weakest link: {weakest.confidence:g}")
    return lines


def link_text(link: ChainLink) -> str:
    """A link: its ends, the evidence that convinces most, and the other key types that speak for it."""
    best, *others = link.evidence
    dates = f"  {best.earlier_date} / {best.later_date}" if best.earlier_date else ""
    text = (
        f"{link.id_a} - {link.id_b}  {best.key_type} {shorten(best.key_value)}{dates}"
        f"  linked {best.linked_at:%Y-%m-%d %H:%M:%S}  confidence {link.confidence:g}"
    )
    also = sorted({item.key_type for item in others} - {best.key_type})
    if also:
        text += f"  also by {', '.join(also)}"
    return text if link.is_accepted else text + f"  REFUSED ({link.refusal_reason})"


def refusal_lines(refusal: Refusal) -> list[str]:
    """What refused a link."""
    if refusal.dissolved_ids is not None:
        return [
            f"Their component of {counted(refusal.dissolved_ids, 'id')} is larger than the cap and was dissolved:"
            " only what a login or an email address holds together is still one person."
        ]
    if refusal.limit:
        return limit_lines(refusal.limit)
    if refusal.reason.startswith("override"):
        return [override_line(override) for override in refusal.overrides]
    return [f"Refused: {refusal.reason}."]


def limit_lines(limit: BrokenLimit) -> list[str]:
    """Which values the two sides of a refused link hold, and which ids they come from."""
    lines = [f"A person holds at most {limit.max_values} {limit.key_type}."]
    for side in limit.sides:
        held = "; ".join(f"{shorten(value)}, seen with {listed(ids)}" for value, ids in side.ids_by_value.items())
        lines.append(f"  the person of {side.anonymous_id} ({counted(side.id_count, 'id')}) holds {held or 'none'}")
        if len(side.ids_by_value) > limit.max_values and not side.ids_over_limit:
            lines.append("  which an alias names together: they are one")
        lines += [
            f"  {anonymous_id} alone was seen with more than {limit.max_values}: it belongs to no single person and is"
            " merged with nobody"
            for anonymous_id in side.ids_over_limit
        ]
    return lines


def override_line(override: Override) -> str:
    """An override: what it does, why, and who decided."""
    subject = (
        f"block_key {override.key_type} {shorten(override.key_value or '')}"
        if override.override_type == "block_key"
        else f"{override.override_type} {override.id_a} / {override.id_b}"
    )
    decided = f", {override.created_on}" if override.created_on else ""
    return f"Override {subject}: {override.reason} (owner {override.owner}{decided})."


def key_line(judged: JudgedKey) -> str:
    """Why a key that both ids were seen with does not link them."""
    return f"{judged.key.key_type} {shorten(judged.key.key_value)}: {verdict_text(judged)}"


def verdict_text(judged: JudgedKey) -> str:
    """The verdict on a key, with the figures that it rests on."""
    key = judged.key
    if judged.verdict is Verdict.BLOCKED:
        return " ".join(["blocked.", *(override_line(override) for override in judged.overrides)])
    if judged.verdict is Verdict.DROPPED:
        limit = f", more than {key.max_ids}" if key.max_ids is not None else ""
        return f"dropped ({key.drop_reason}), shared by {key.id_count} ids within its window{limit}"
    if judged.verdict is Verdict.LINKS_NO_INDIVIDUALS:
        return "this key links no individuals"
    if judged.verdict is Verdict.OUT_OF_WINDOW:
        return f"out of window, {counted(key.gap_days, 'day')} apart and at most {key.window_days} count"
    if judged.verdict is Verdict.WITHIN_WINDOW:
        return f"within the window of {counted(key.window_days or 0, 'day')}"
    together = f"not corroborated, seen together on {counted(judged.shared_date_count, 'date')}"
    if judged.shared_date_count < judged.needed_date_count:
        return f"{together} and {judged.needed_date_count} are needed"
    rivals = [
        f"{rival.anonymous_id} was seen on {counted(rival.shared_date_count, 'date')} with {rival.partner_id}"
        for rival in judged.rivals[:2]
    ]
    return f"{together}, but they are not each other's strict best" + (f": {'; '.join(rivals)}" if rivals else "")


def story_lines(story: Story) -> list[str]:
    """The life of one id."""
    others = f": {listed(story.others)}" if story.others else ""
    lines = [
        f"{story.anonymous_id} belongs to the person {story.person}, with confidence {story.confidence:.2f} and"
        f" {counted(len(story.others), 'other id')}{others}.",
        *part_lines(story.parts),
        *(chapter_line(chapter) for chapter in story.chapters),
        *(f"Its {level} {group} has {counted(persons, 'person')}." for level, group, persons in story.groups),
    ]
    if story.refusals:
        lines.append("Refused links:")
    for link in story.refusals:
        other = link.id_b if link.id_a == story.anonymous_id else link.id_a
        lines.append(
            f"  {link.linked_at:%Y-%m-%d %H:%M:%S}  {other}: {link.key_type} {shorten(link.key_value)}"
            f" ({link.refusal_reason or 'not accepted'})"
        )
    return lines


def chapter_line(chapter: Chapter) -> str:
    """Whom an id belonged to from a moment on, and what made it so."""
    key = f"{chapter.key_type} {shorten(chapter.key_value or '')}"
    if chapter.newcomers:
        event = f"was joined by {listed(chapter.newcomers)}: {key}"
    elif chapter.change_type == "user_changed":
        login = f"{chapter.key_type} {chapter.key_value} is there" if chapter.key_type else "nobody in particular"
        event = f"{login}: person {chapter.person}"
    elif chapter.key_type is None:
        event = f"{chapter.change_type.replace('_', ' ')}: person {chapter.person}"
    else:
        event = f"joined {chapter.person} through {chapter.linked_id}: {key}"
    return f"  {chapter.valid_from:%Y-%m-%d %H:%M:%S}  {event}"


def part_lines(parts: Sequence[Part]) -> list[str]:
    """Who shared an id, one line a user, or one an account where a user had several."""
    if not parts:
        return []
    users, accounts = {part.user for part in parts} - {None}, {part.account for part in parts} - {None}
    who = f"{counted(len(users), 'user')} logged in here" if users else f"{len(accounts)} accounts were seen here"
    return [f"{who}; a session is of the one that was there:"] + [
        f"  {part_name(part)}: {counted(part.session_count, 'session')}, person {part.person} ({part.anonymous_id})"
        for part in parts
    ]


def part_name(part: Part) -> str:
    """The user and the account that a part is of, as far as they tell it from others."""
    account = f"account {part.account}" if part.account else None
    return " with ".join(filter(None, (part.user, account))) or "cannot be told"


def unknown_line(unknown: UnknownId) -> str:
    """What became of an id that the graph does not know."""
    name = unknown.anonymous_id
    if unknown.has_refused_consent:
        return f"{name} did not consent: its events are counted, but the graph never observes it."
    if unknown.quarantine_reasons:
        return f"{name} was seen in quarantined events only ({', '.join(unknown.quarantine_reasons)})."
    if unknown.is_waiting:
        return f"{name} is too new: its events lie after the last build's clock; a later one takes them."
    return f"{name} is unknown: no event carries this anonymous id."


def other_spaces_lines(found: OtherSpaces) -> list[str]:
    """In which spaces the ids are, and whether a person could hold them."""
    lines = [
        f"{name} is not in space {found.space} but in {', '.join(spaces)}."
        for name, spaces in found.spaces.items()
        if found.space not in spaces
    ]
    if found.common:
        return [*lines, f"Try --space {found.common}."]
    id_a, id_b = found.spaces
    return [f"{id_a} and {id_b} are apart: they are in different spaces, and a person never crosses them.", *lines]


def listed(ids: Iterable[str]) -> str:
    """The first few ids, and how many more there are."""
    return some(sorted(set(ids)), SHOWN_IDS)
