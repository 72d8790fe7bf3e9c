"""Make transforms.json: square images turned by PyTorch's affine_grid and grid_sample, in float64.

    pip install torch==2.13.0
    python tests/reference/make_transforms.py

These two functions do what torchvision's rotate with bilinear interpolation and zero fill does, without torchvision.
"""

import json
from pathlib import Path

import torch
from torch.nn.functional import affine_grid, grid_sample

OUT = Path(__file__).with_suffix("").with_name("transforms.json")
ANGLES = [0.0, 10.0, 45.0, 90.0, -30.0, 135.5, 180.0, 359.0]


def turned(images: torch.Tensor, degrees: float) -> torch.Tensor:
    """Images (N, C, H, H) turned anticlockwise; each pixel of the result looks back for its source."""
    angle = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64))
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros((), dtype=torch.float64)
    back = torch.stack([torch.stack([cos, -sin, zero]), torch.stack([sin, cos, zero])])  # y points down
    grid = affine_grid(back.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def main() -> None:
    generator = torch.Generator().manual_seed(0)
    cases = []
    for size in (4, 5):
        images = torch.rand(1, 2, size, size, generator=generator, dtype=torch.float64).round(decimals=3)
        results = {str(angle): turned(images, angle)[0].tolist() for angle in ANGLES}
        cases.append({"image": images[0].tolist(), "rotated": results})
    OUT.write_text(json.dumps({"torch": torch.__version__, "rotate": cases}) + "\n")


if __name__ == "__main__":
    main()
