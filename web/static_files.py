"""Static files, compressed ones where the build made them: a phone loads a fifth."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from flask import Flask, Response, request

# The machine's own tables may know better or worse; ours is what browsers insist on.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


def install(app: Flask) -> None:
    """Serve ``NAME.gz`` for ``NAME`` where it lies beside it and the browser takes gzip."""
    folder = Path(str(app.static_folder))

    def static(filename: str) -> Response:
        packed = f"{filename}.gz"
        takes = request.accept_encodings.quality("gzip") > 0
        if not takes or not (folder / packed).is_file():
            response = app.send_static_file(filename)
        else:
            response = app.send_static_file(packed)
            response.headers.pop("Content-Disposition", None)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Type"] = mimetypes.guess_type(filename)[0] or ""
        response.headers.add("Vary", "Accept-Encoding")
        return response

    app.view_functions["static"] = static
