"""Say why two anonymous ids are one person, or why they are not; or tell the story of one id.

    identity-graph explain 5a8815c9-6614-6b63-bbdd-debd32351af7 288f9bd6-df75-21fb-1ab7-53ab148092d9
    identity-graph explain 5a8815c9-6614-6b63-bbdd-debd32351af7 --space default

Prints the shortest chain of evidence between the two ids, one line a link, the weakest link marked with *. Of chains
of one length the one with the least doubt (the sum of 1 - confidence) is shown. Where the two are apart, it prints
what keeps them apart: a limit, an owner's override, a dissolved component, or that no key links them, with the keys
that both were seen with and why these did not count. Two persons of one household or organization are shown the
chain of evidence that makes them one, in the same way.

Of one id it tells which person it belonged to since when and by which evidence, the other ids of that person now, the
household and organization that the person shares with others, and the links that were refused to it.

Long key values are shortened; analyses/explain_link.sql shows them in full, as block_key in identity_overrides needs.

Exit code: 0 = one person, or a story, 1 = apart, 2 = an id that the graph does not know, bad arguments, or no
database.
"""

from __future__ import annotations

import argparse

from identity_graph.database import add_database_argument, find_database, note_unfinished_load, open_database
from identity_graph.evidence import Story
from identity_graph.explanation_text import explanation_lines
from identity_graph.explanations import Explanation, OtherSpaces, PairExplanation, explain

NAME = "explain"
LINKED, APART, UNKNOWN = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("id_a", metavar="ID", help="an anonymous id")
    parser.add_argument("id_b", metavar="ID", nargs="?", help="another one (default: tell the story of the first)")
    parser.add_argument("--space", default="default", help="identity space of both (default: %(default)s)")
    add_database_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Print the explanation and return the exit code.

    Raises:
        CommandError: there is no database, or it cannot be read.

    """
    with open_database(find_database(options.database)) as connection:
        note_unfinished_load(connection)
        explained = explain(connection, options.space, options.id_a, options.id_b)
    print("\n".join(explanation_lines(explained)))
    return exit_code(explained)


def exit_code(explained: Explanation) -> int:
    """What a script is told by the exit code."""
    if isinstance(explained, Story):
        return LINKED
    if isinstance(explained, PairExplanation):
        return LINKED if explained.are_linked else APART
    return APART if isinstance(explained, OtherSpaces) and explained.common is None else UNKNOWN
