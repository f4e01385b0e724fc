"""Where things live: the home directory of the client, and the stylesheets in a checkout or a wheel."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

HOME_VARIABLE = "CERBY_HOME"


def home_directory(chosen: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of key file, vault, log and configuration: `--home`, else CERBY_HOME, else the platform's own."""
    wanted = chosen or environ.get(HOME_VARIABLE)
    if wanted:
        return Path(wanted).expanduser().absolute()
    from platformdirs import user_data_path  # 20 ms that `--help` and `--version` do not pay

    return user_data_path("cerby-tui", appauthor=False)


def styles_directory() -> Path:
    """The folder of stylesheets: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    packed = package / "styles"
    return packed if packed.is_dir() else package.parent / "styles"
