"""Files that are almost valid: pieces of good ones, cut, doubled, changed and mixed."""

from collections.abc import Sequence

from hypothesis import strategies as st

_PIECES = (
    *(b":61:", b":20:", b":86:", b"\n-\n", b":62F:C260101EUR1,", b"RC", b"?20", b"?", b"/REMI/", b"//", b"\r"),
    *(b"<Ntry>", b"</Ntry>", b"</Stmt>", b"<Stmt>", b"<!DOCTYPE x>", b"&amp;", b"&x;", b"<TxDtls/>", b"PDNG", b"]]>"),
    *(b"88,", b"16,", b"03,", b"49,0,1/", b"/", b",", b";", b'"', b"\t", b"(1)", b"-", b"1e9", b"0.00001", b"{", b"}"),
    *(b"999999999999999999", b"2026-02-30", b"31.02.2026", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", "\u2028".encode()),
)


@st.composite
def almost_valid(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A seed after a few changes."""
    content = draw(st.sampled_from(list(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 200)))
        middle = content[start:end]
        change = draw(st.sampled_from(["cut", "double", "piece", "bytes", "mix", "line"]))
        match change:
            case "cut":
                content = content[:start] + content[end:]
            case "double":
                content = content[:end] + middle + content[end:]
            case "piece":
                content = content[:start] + draw(st.sampled_from(_PIECES)) + content[end:]
            case "bytes":
                content = content[:start] + draw(st.binary(max_size=6)) + content[start + 1 :]
            case "mix":
                other = draw(st.sampled_from(list(seeds)))
                content = content[:start] + other[draw(st.integers(0, len(other))) :]
            case _:
                lines = content.split(b"\n")
                lines.insert(draw(st.integers(0, len(lines))), lines.pop(draw(st.integers(0, len(lines) - 1))))
                content = b"\n".join(lines)
    return content
