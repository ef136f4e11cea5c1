"""The ``.form`` files, and drawing and checking them on the server."""

from forms.form import Checked, Form, check, findings, parse, posted
from forms.pickers import Picker, pickers, referred
from forms.view import Choice, Field

__all__ = [
    "Checked", "Choice", "Field", "Form", "Picker", "check", "findings", "parse", "pickers",
    "posted", "referred",
]
