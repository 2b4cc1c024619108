# ruff: noqa: E501 - one line for each file
"""More PDFs that were made to hurt: each breaks another part of the format (ISO 32000-1)."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from tests.contents import papers
from tests.contents.hostile import _page, _pdf

Bytes = Callable[[], bytes]
_CATALOG = "<</Type/Catalog/Pages 2 0 R>>"
_ONE = "<</Type/Pages/Kids[3 0 R]/Count 1>>"


def _stream(facts: str, data: bytes | str = "", length: str | None = None) -> str:
    text = data if isinstance(data, str) else data.decode("latin-1")
    return f"<<{facts}/Length {len(text) if length is None else length}>>\nstream\n{text}\nendstream"


def _drawing(content: str, resources: str, *objects: str) -> bytes:
    """A page that draws something; further objects begin with number 5."""
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<{resources}>>>>"
    return _pdf(_CATALOG, _ONE, page, _stream("", content), *objects)


def _picture(facts: str, data: bytes = b"abc") -> bytes:
    """A page that draws one picture with these facts."""
    picture = _stream(f"/Type/XObject/Subtype/Image{facts}", data)
    return _drawing("q 600 0 0 800 0 0 cm /X Do Q", "/XObject<</X 5 0 R>>", picture)


def _with_catalog(extra: str, *objects: str) -> bytes:
    """A page that is shown, in a document whose catalog holds more; further objects begin with number 5."""
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>"
    return _pdf(f"<</Type/Catalog/Pages 2 0 R{extra}>>", _ONE, page, _stream(""), *objects)


def _packed(times: int, megabytes: int) -> bytes:
    """Zeros, deflated several times over."""
    data = bytes(megabytes * 1024 * 1024)
    for _ in range(times):
        data = zlib.compress(data, 1)
    return data


def _nested_filters() -> bytes:
    names = "/FlateDecode" * 3
    return _page(content=_stream(f"/Filter[{names}]", _packed(3, 50)))


def _pages(count: int) -> bytes:
    kids = " ".join(f"{number} 0 R" for number in range(3, 3 + count))
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 6 8]>>"
    return _pdf(_CATALOG, f"<</Type/Pages/Kids[{kids}]/Count {count}>>", *[page] * count)


def _type3() -> bytes:
    """A font whose only letter is written with the same font."""
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/FirstChar 97/LastChar 97/Widths[9]"
        "/Encoding<</Differences[97/a]>>/CharProcs<</a 6 0 R>>/Resources<</Font<</F 5 0 R>>>>>>"
    )
    return _drawing("BT /F 9 Tf (aaaa) Tj ET", "/Font<</F 5 0 R>>", font, _stream("", "9 0 d0 BT /F 9 Tf (aa) Tj ET"))


PDFS: dict[str, Bytes] = {
    "object stream that counts wrong.pdf": lambda: _with_catalog(
        "/X 6 0 R", _stream("/Type/ObjStm/N 1000000/First 99999", "1 0 2 0")
    ),
    "object stream in itself.pdf": lambda: _with_catalog("/X 5 0 R", _stream("/Type/ObjStm/N 1/First 4/Extends 5 0 R", "5 0 x")),
    "table of numbers too wide.pdf": lambda: _page() + _stream("/Type/XRef/W[8 8 8]/Size 2147483647/Root 1 0 R", b"x" * 99).encode("latin-1"),
    "table that begins at 2^31.pdf": lambda: _page() + _stream("/Type/XRef/W[1 2 1]/Index[2147483647 9]/Size 9/Root 1 0 R", b"x" * 36).encode("latin-1"),
    "table before itself.pdf": lambda: _page().replace(b"trailer\n<<", b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Prev 20 "),
    "entries behind the end.pdf": lambda: _page().replace(b"trailer", b"xref\n0 3\n9999999999 00000 n \n9999999998 00000 n \n0000000001 65535 n \ntrailer"),
    "locked with an unknown password.pdf": lambda: _pdf(
        _CATALOG, _ONE, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]>>",
        f"<</Filter/Standard/V 2/R 3/Length 128/P -4/O({'o' * 32})/U({'u' * 32})>>",
        trailer="/Encrypt 4 0 R/ID[(a)(b)]",
    ),
    "locked by an unknown lock.pdf": lambda: _pdf(
        _CATALOG, _ONE, "<</Type/Page/Parent 2 0 R>>", "<</Filter/Nobody/V 99>>", trailer="/Encrypt 4 0 R"
    ),
    "packed three times.pdf": _nested_filters,
    "packed by an unknown packer.pdf": lambda: _page(content=_stream("/Filter/NobodyDecode", "x" * 99)),
    "a hundred packers.pdf": lambda: _page(content=_stream(f"/Filter[{'/ASCIIHexDecode' * 100}]", "41" * 99 + ">")),
    "broken LZW.pdf": lambda: _page(content=_stream("/Filter/LZWDecode/DecodeParms<</EarlyChange 99>>", b"\x80\x0b\xff" * 900)),
    "predictor of 2^31 columns.pdf": lambda: _page(
        content=_stream("/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 32>>", zlib.compress(b"x" * 99))
    ),
    "noise in JBIG2.pdf": lambda: _picture("/Width 9000/Height 9000/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/JBIG2Decode", bytes(range(256)) * 9),
    "noise in JPEG 2000.pdf": lambda: _picture("/Width 9000/Height 9000/Filter/JPXDecode", b"\xff\x4f\xff\x51" + bytes(range(256)) * 9),
    "fax of 2^31 columns.pdf": lambda: _picture(
        "/Width 2147483647/Height 9/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 2147483647>>"
    ),
    "picture without size.pdf": lambda: _picture("/Width -1/Height -1/BitsPerComponent 99/ColorSpace/DeviceRGB"),
    "picture that masks itself.pdf": lambda: _picture("/Width 9/Height 9/BitsPerComponent 8/ColorSpace/DeviceRGB/SMask 5 0 R", b"x" * 243),
    "palette of itself.pdf": lambda: _drawing("/C cs 1 sc 0 0 9 9 re f", "/ColorSpace<</C 5 0 R>>", "[/Indexed 5 0 R 255 (x)]"),
    "file inside.pdf": lambda: _with_catalog(
        "/Names<</EmbeddedFiles<</Names[(evil.exe) 5 0 R]>>>>", "<</Type/Filespec/F(evil.exe)/EF<</F 6 0 R>>>>", _stream("/Type/EmbeddedFile", b"MZ" * 50)
    ),
    "starts a program.pdf": lambda: _with_catalog("/OpenAction<</S/Launch/F(cmd.exe)/Win<</F(cmd.exe)/P(/c calc)>>>>"),
    "sends a form.pdf": lambda: _with_catalog("/OpenAction<</S/SubmitForm/F(http://127.0.0.1:9/canary)>>"),
    "reads another file.pdf": lambda: _page(content="<</F(/etc/passwd)/Length 0>>\nstream\n\nendstream"),
    "form of entities.pdf": lambda: _with_catalog(
        "/AcroForm<</Fields[]/XFA 5 0 R>>", _stream("", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>")
    ),
    "font of noise.pdf": lambda: _drawing(
        "BT /F 20 Tf 50 50 Td (hello) Tj ET", "/Font<</F 5 0 R>>",
        "<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor 6 0 R>>", "<</Type/FontDescriptor/FontName/X/FontFile2 7 0 R>>",
        _stream("", b"\0\1\0\0\xff\xff" + bytes(range(256)) * 20),
    ),
    "letter that writes itself.pdf": _type3,
    "lookup of characters in itself.pdf": lambda: _drawing(
        "BT /F 20 Tf (hello) Tj ET", "/Font<</F 5 0 R>>",
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding 6 0 R/DescendantFonts[5 0 R]/ToUnicode 6 0 R>>", _stream("/Type/CMap/UseCMap 6 0 R", "begincmap"),
    ),
    "shading that computes for ever.pdf": lambda: _drawing(
        "/S sh", "/Shading<</S<</ShadingType 1/ColorSpace/DeviceGray/Domain[0 1e9 0 1e9]/Function 5 0 R>>>>",
        _stream("/FunctionType 4/Domain[0 1 0 1]/Range[0 1]", "{" + "dup mul " * 20_000 + "}"),
    ),
    "function of itself.pdf": lambda: _drawing(
        "/S sh", "/Shading<</S<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 1]/Function 5 0 R>>>>",
        "<</FunctionType 3/Domain[0 1]/Functions[5 0 R 5 0 R]/Bounds[0.5]/Encode[0 1 0 1]>>",
    ),
    "outlines in a ring.pdf": lambda: _with_catalog("/Outlines 5 0 R", "<</First 6 0 R/Last 6 0 R>>", "<</Title(a)/Next 6 0 R/First 5 0 R/Parent 6 0 R>>"),
    "names in a ring.pdf": lambda: _with_catalog("/Names<</Dests 5 0 R>>", "<</Kids[5 0 R 5 0 R]>>"),
    "page above itself.pdf": lambda: _pdf(_CATALOG, "<</Type/Pages/Parent 2 0 R/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 3 0 R>>"),
    "twenty thousand pages.pdf": lambda: _pages(20_000),
    "same page a million times.pdf": lambda: _pdf(_CATALOG, f"<</Type/Pages/Kids[{'3 0 R ' * 200_000}]/Count 200000>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"),
    "content in 50,000 pieces.pdf": lambda: _page(extra=f"/Contents[{'4 0 R ' * 50_000}]"),
    "half a million saved states.pdf": lambda: _page(content=_stream("", "q " * 500_000)),
    "letters of a million points.pdf": lambda: _drawing(
        "BT /F 1000000 Tf 3 Tr (hello) Tj ET", "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    ),
    "turned by a billion.pdf": lambda: _page(extra="/Rotate 1000000001/UserUnit 1e30"),
    "numbers that are none.pdf": lambda: _page(box="1e999 nan --5 +.+"),
    "negative length.pdf": lambda: _page(content=_stream("", "q Q", length="-5")),
    "length of itself.pdf": lambda: _page(content=_stream("", "q Q", length="4 0 R")),
    "length behind the end.pdf": lambda: _page(content=_stream("", "q Q", length="9999999999")),
    "a megabyte before the head.pdf": lambda: b"%" * 1000 + papers.pdf(1),
    "five ends.pdf": lambda: papers.pdf(1) + b"\nstartxref\n5\n%%EOF" * 5,
    "cut update.pdf": lambda: papers.pdf(1) + b"\n3 0 obj\n<</Type/Page/Parent",
    "fifty thousand notes.pdf": lambda: _page(extra="/Annots[" + "<</Type/Annot/Subtype/Link/Rect[0 0 1 1]>>" * 50_000 + "]"),
    "layers in a ring.pdf": lambda: _with_catalog("/OCProperties<</OCGs[5 0 R]/D<</Order[5 0 R[5 0 R]]>>>>", "[5 0 R 5 0 R]"),
}  # fmt: skip
