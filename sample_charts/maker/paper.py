"""What paper does to a page: a printed record becomes the grey picture a scanner or a fax machine makes of it."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageFilter

DPI = 170


def scans(pdf: bytes, kind: str, seed: int) -> list[bytes]:
    """One encoded picture a page. ``kind``: "scan" is grey and slightly askew, "fax" black on white with specks."""
    document = pdfium.PdfDocument(pdf)
    pages = [document[i].render(scale=DPI / 72, grayscale=True).to_pil().convert("L") for i in range(len(document))]
    return [_worn(page, kind, np.random.default_rng(seed + i)) for i, page in enumerate(pages)]


def _worn(page: Image.Image, kind: str, rng: np.random.Generator) -> bytes:
    angle = float(rng.uniform(0.3, 0.9)) * (1 if rng.random() < 0.5 else -1)
    page = page.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    out = io.BytesIO()
    if kind == "fax":
        grey = np.asarray(page, dtype=np.int16)
        specks = rng.random(grey.shape) < 0.0006
        black = (grey < 150) ^ specks
        Image.fromarray(np.where(black, 0, 255).astype(np.uint8), "L").save(out, "PNG", optimize=True)
    else:
        page = page.filter(ImageFilter.GaussianBlur(0.5))
        shade = np.linspace(-10, 4, page.width)[None, :]
        noisy = np.asarray(page, dtype=np.float64) * 0.93 + 6 + shade + rng.normal(0, 2.0, (page.height, page.width))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8), "L").save(out, "JPEG", quality=42)
    return out.getvalue()
