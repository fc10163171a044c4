"""The form that the legacy upload endpoint accepts: field names and values, in order.

Source: PyPI's documentation (Upload API) and the core metadata specification. A wrong name is answered with success
and silently loses the field.
"""

from __future__ import annotations

from ..distributions import Distribution

# pkginfo's attribute -> the form's field, where the two differ: the form's are singular but for two.
FORM_NAMES = {
    "platforms": "platform",
    "supported_platforms": "supported_platform",
    "provides_extras": "provides_extra",
    "import_names": "import_name",
    "import_namespaces": "import_namespace",
}


def form_fields(distribution: Distribution) -> tuple[tuple[str, str], ...]:
    """Return every field of the form but ``content``, one pair for each value."""
    return (
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", distribution.filetype),
        ("pyversion", distribution.pyversion),
        ("sha256_digest", distribution.sha256),
        *(
            (FORM_NAMES.get(attribute, attribute), value)
            for attribute, values in distribution.fields.items()
            for value in values
        ),
    )
