"""What everything else stands on. It knows no event, and imports nothing of ours.

A closed list, so that it cannot become `common`:

- `chance`: random numbers from a seed that can be named.
- `clock`: what time it is, and waiting; a parameter, so that a test decides.
- `errors`: `CrossdockError`, something a person can act on.
- `ids`: new ids, predictable in a test.
- `json`: JSON as the network sends it: strict, bounded, no surprises.
- `logs`: structured log lines.
- `problems`: what a part cannot do at the moment, in words.
- `settings`: what an operator sets, with units and bounds.
"""

from __future__ import annotations
