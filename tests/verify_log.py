#!/usr/bin/env python3
"""A second verifier of the event log, written from docs/event-format.md alone. Python 3, standard library only.

Reads records from standard input, one a line (the line without its line feed is the record, byte for byte), checks
positions, stream versions and form, and prints the size and the root of the tree:

    {"size":3,"root":"..."}

Ends with status 1 and names the first bad line when something is wrong.
"""

import hashlib
import json
import re
import sys

FIELDS = ["format", "position", "type", "stream", "version", "id", "recorded_at", "actor", "request_id", "trace_id",
          "correlation_id", "causation_id", "personal", "payload"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")


class Bad(Exception):
    pass


def no_duplicates(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Bad("a field is there twice")
    return fields


def check(record, position, versions):
    try:
        fields = json.loads(record.decode("utf-8"), object_pairs_hook=no_duplicates)
    except ValueError as error:
        raise Bad(f"not JSON in UTF-8: {error}") from None
    if not isinstance(fields, dict) or list(fields) != FIELDS:
        raise Bad("not the fields of a record, in their order")
    if fields["format"] != 1:
        raise Bad(f"format {fields['format']}")
    # No white space between tokens, and nothing escaped that need not be: one text for one record.
    if json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8") != record:
        raise Bad("not written in the one way that the format allows")
    if fields["position"] != position:
        raise Bad(f"position {fields['position']} where {position} was due")
    if not TIME.match(fields["recorded_at"]):
        raise Bad("recorded_at")
    due = versions.get(fields["stream"], 0) + 1
    if fields["version"] != due:
        raise Bad(f"stream {fields['stream']} has version {fields['version']} where {due} was due")
    versions[fields["stream"]] = due


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def push(frontier, size, leaf):
    """Adds a leaf to the roots of the perfect subtrees, largest first."""
    while size & 1:
        leaf = sha256(b"\x01", frontier.pop(), leaf)
        size >>= 1
    frontier.append(leaf)


def root(frontier):
    if not frontier:
        return sha256()
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = sha256(b"\x01", left, node)
    return node


def main():
    size, frontier, versions = 0, [], {}
    for line in sys.stdin.buffer:
        try:
            if not line.endswith(b"\n"):
                raise Bad("the last line has no line feed")
            record = line[:-1]
            check(record, size + 1, versions)
        except Bad as problem:
            print(f"line {size + 1}: {problem}", file=sys.stderr)
            return 1
        push(frontier, size, sha256(b"\x00", record))
        size += 1
    print(json.dumps({"size": size, "root": root(frontier).hex()}, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
