"""Annotated pictures, as COCO files describe them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from custodes.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and what is annotated in it.

    Attributes:
        image_id: Its id in the annotation file.
        file_name: Its file, within the folder of pictures.
        annotations: As in the file, `bbox` as four floats: left, top, width, height, pixels.
    """

    image_id: int
    file_name: str
    annotations: list[dict[str, Any]]

    def load(self, folder: Path) -> NDArray[np.uint8]:
        """Return the picture (h, w, 3), BGR, as stored: boxes refer to that, whatever orientation a camera noted.

        Raises:
            ConfigError: It is not in `folder` or no picture.
        """
        bgr = cv2.imread(str(folder / self.file_name), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        if bgr is None:
            raise ConfigError(
                f"cannot read the picture {self.file_name}",
                why=f"it is missing from {folder} or is not an image",
                fix="give the folder that holds the annotated pictures with --images",
            )
        return np.asarray(bgr, np.uint8)


def read_pictures(annotations: Path) -> tuple[list[Picture], dict[int, str]]:
    """Return the pictures of a COCO annotation file, and the names of its categories by id.

    Raises:
        ConfigError: It cannot be read or is no such file.
    """
    try:
        data = json.loads(annotations.read_text(encoding="utf-8"))
        pictures = {row["id"]: Picture(row["id"], row["file_name"], []) for row in data["images"]}
        for row in data["annotations"]:
            left, top, width, height = (float(number) for number in row["bbox"])
            pictures[row["image_id"]].annotations.append({**row, "bbox": (left, top, width, height)})
        categories = {row["id"]: str(row["name"]) for row in data.get("categories", [])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"cannot read the annotations {annotations}",
            why=f"{type(error).__name__}: {error}",
            fix="give a COCO annotation file: images with id and file_name, annotations with image_id and bbox",
        ) from error
    return list(pictures.values()), categories
