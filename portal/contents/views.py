"""Looking at files: the preview page, its pictures, and the frame with a safe document."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template
from flask.typing import ResponseReturnValue

from portal.accounts.eye import open_eye
from portal.contents.commands.looking import note_reading
from portal.contents.commands.promising import ask_for_pages
from portal.contents.formats import AUDIO, VIDEO, WORDS, kind_of
from portal.contents.queries import page_count, rendition_of, shown
from portal.contents.showing import document_body, media_address, picture_address, preview_page
from portal.files.models import File
from portal.files.policies import can_download
from portal.files.queries import visible_files
from portal.kit.errors import OnlyLooking
from portal.kit.security import wider_policy
from portal.kit.web import allowed, current_viewer, is_fragment_request

bp = Blueprint("contents", __name__)

# For lists of files: does a name lead to the preview, or straight to the download?
bp.add_app_template_global(lambda ending: kind_of(ending) not in ("", WORDS), "opens_in_preview")

# The frame's own answer: nothing in it runs, nothing is fetched but our style sheet and what the document carries.
_FRAME_POLICY = "sandbox; default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"


@bp.get("/files/<uuid:file_id>/preview")
@allowed(can_download, file=visible_files)
def preview(file: File) -> ResponseReturnValue:
    """A file to look at, with the way to the next one."""
    page = preview_page(current_viewer(), file)
    if page.shown.kind and open_eye() is None:
        note_reading(file, actor=current_viewer())
    template = "contents/_body.html" if is_fragment_request() else "contents/preview.html"
    response = make_response(render_template(template, page=page, file=file))
    response.headers["Content-Security-Policy"] = wider_policy("frame-src 'self'", "media-src 'self' {store}")
    return response


@bp.get("/files/<uuid:file_id>/preview/pages/<int:number>")
@allowed(can_download, file=visible_files)
def page(file: File, number: int) -> ResponseReturnValue:
    """To the picture of a page, by an address that is good for 60 s. 202 while it is being made: ask again."""
    rendition = rendition_of(file, "page", number) if 0 < number < 2**31 else None
    if rendition is not None:
        return _to(picture_address(rendition, file))
    if not 0 < number <= page_count(file):
        abort(404)
    # Who looks through the eye leaves no trace: what nobody asked for yet is not made for them.
    if open_eye() is None:
        ask_for_pages(file.version_id, number)
    return Response(status=202, headers={"Retry-After": "1", "Cache-Control": "no-store"})


@bp.get("/files/<uuid:file_id>/thumbnail")
@allowed(can_download, file=visible_files)
def thumbnail(file: File) -> ResponseReturnValue:
    """To the small picture; 404 where there is none, and the icon stays."""
    rendition = rendition_of(file, "thumbnail")
    return _to(picture_address(rendition, file)) if rendition is not None else abort(404)


@bp.get("/files/<uuid:file_id>/preview/document")
@allowed(can_download, file=visible_files)
def document(file: File) -> ResponseReturnValue:
    """The frame with what was made of a text, a table or a mail: ours, harmless, and sandboxed all the same."""
    rendition = rendition_of(file, "document")
    if rendition is None:
        abort(404)
    response = make_response(render_template("contents/document.html", file=file, body=document_body(rendition)))
    response.headers["Content-Security-Policy"] = f"{_FRAME_POLICY}; frame-ancestors 'self'"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bp.get("/files/<uuid:file_id>/preview/media")
@allowed(can_download, file=visible_files)
def media(file: File) -> ResponseReturnValue:
    """To a sound or film for the browser's own player.

    :raises OnlyLooking: that is the file itself, which does not leave the space through the eye.
    """
    if shown(file).kind not in (AUDIO, VIDEO):
        abort(404)
    if open_eye() is not None:
        raise OnlyLooking()
    return _to(media_address(file))


def _to(address: str) -> ResponseReturnValue:
    headers = {"Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(status=303, headers=headers)


from portal.contents import views_search  # noqa: E402 - it hangs its route on the blueprint above

__all__ = ["bp", "views_search"]
