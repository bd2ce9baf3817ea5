"""Text that packed records have in common, for zlib to point at instead of repeating it.

What was packed with a dictionary is read with that one only: never change one that was used, add another beside it.
"""

from typing import Final

# The likeliest last: zlib points back, and short distances cost least.
WORDS_1: Final = (
    b'{"kind":"task","task":{"id":"","entity":"","customer":"","kind":"","step":"","items":[],"owner":"","owner_role":'
    b'"","due_on":"2026-11-20","note":"","created_on":"2026-"}}{"kind":"close_task","id":"","reason":"cause_ended"}'
    b'{"kind":"cancel","id":"","reason":"settled"}{"kind":"charge","charge":[],"on":"2026-11-20","at":"2026-11-20T'
    b'06:00:00Z"}{"kind":"digest","on":"2026-11-20","readers":[[["accounting","accounting"]]],"lines":[["C0000#I0000'
    b'#0#b#0","b","","INV-0000",7,"EUR",000,"message",0]]}{"kind":"notice","id":"","charges":[],"required":false,'
    b'"channel":"email","group":"account","as_of":"2026-11-20","not_before":"2026-11-20T08:00:00+00:00","policy":"'
    b'","policy_version":1,"step":"","level":1,"template":"friendly","warning","steps":[["","b"]],"totals":{"USD":'
    b'"EUR":000},"readers":1}{"kind":"verdict","at":"2026-11-20T06:00:00Z","as_of":"2026-11-20","policy":"","policy_'
    b'version":1,"verdicts":[["","INV-0000",-1,000,"EUR","not_yet",null,[],"2026-12-13",[["open",true,"open EUR 000 '
    b'(minor units)"],["insolvency",true,"not insolvent"],["exclusion",true,"policy of the item: that of the account'
    b'"],["hold",true,"no hold"],["dispute",true,"disputed EUR 0 (minor units)"],["promise",true,"promised EUR 0 '
    b'(minor units)"],["credit",true,"EUR 0 (minor units) of EUR 0 (minor units) unlinked credit used on it"],["doubt'
    b' about the item",true,"no notice in doubt"],["ladder",false,"-30 days; level 0, no step yet; a lapsed; b reached;'
    b' a from 2026-12-13; b from 2026-12-27; c from 2027-01-03; e from 2027-02-18; f from 2027-03-21"]]],"step_due",'
    b'"ladder",true,"+7 days; level 1,["live",true,"main is live"],["doubt about the account",true,"no notice in '
    b'doubt"],["minimum",true,"minimum of the account none"],["readers",true,"ap_contact ap"],["gap",true,"last '
    b'message never, at least 1 day apart"],["window",true,"friendly, tone 1, to ap_contact ap, not before 2026-11-20T'
    b'08:00+00:00"]]]],"run_on":"2026-11-20","trace":{"n":[""]}}'
)
