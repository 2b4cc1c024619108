"""Small files of every format that is shown, made on the spot."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import docx
import openpyxl
import pillow_heif
import typst
from PIL import Image


def pdf(pages: int = 1, words: str = "Une facture réglée") -> bytes:
    """A PDF with these words on each page."""
    source = "\n#pagebreak()\n".join(f"Page {number}: {words}" for number in range(1, pages + 1))
    return bytes(typst.compile(source.encode()))


def picture(format: str = "PNG", size: tuple[int, int] = (640, 400), **options: object) -> bytes:
    """An image: red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    if format == "HEIF":
        pillow_heif.register_heif_opener()
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def word(text: str = "Les factures réglées de l’été") -> bytes:
    """A .docx with one paragraph."""
    document = docx.Document()
    document.add_heading("Note de synthèse")
    document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def workbook() -> bytes:
    """An .xlsx with two sheets."""
    book = openpyxl.Workbook()
    book.active.title = "Balance"
    book.active.append(["Compte", "Débit"])
    book.active.append(["401 Fournisseurs", 1250.0])
    book.create_sheet("Détail").append(["Électricité", 88.5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def mail(html: str | None = "<p>Bonjour <b>Clara</b></p>") -> bytes:
    """An .eml with an attachment."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "bob@firm.example", "clara@client.example", "Clôture de l’été"
    made.set_content("Bonjour Clara")
    if html is not None:
        made.add_alternative(html, subtype="html")
    made.add_attachment(b"x", maintype="application", subtype="pdf", filename="Bilan.pdf")
    return bytes(made)


def slides(text: str = "Prévisions de trésorerie") -> bytes:
    """As much of a .pptx as its words need."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(
            "ppt/slides/slide1.xml",
            f'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>',
        )
    return out.getvalue()
