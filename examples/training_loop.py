"""Train a small network on landmarks, and draw its validation curve with a benchmark as the metric.

    pip install 'fsbench[torch]'
    python training_loop.py ROOT curve.png

ROOT is a folder that `fsbench sample ROOT --wild 8 --subjects 0` wrote. The network sees 68 landmarks of one image and
says how the head is turned and what it looks like; the landmarks of the validation images are those of the baseline
linear-weak, which stands in for a detector. It learns from the sample's head model, whose people are others.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor, nn

import fsbench
from fsbench.sample.head_model import load_head_model
from fsbench.sample.shape_space import train_shape_space
from fsbench.torch import FaceBenchmark

EPOCHS, STEPS, BATCH = 6, 50, 64


class Face:
    """The head model as tensors: mean (V, 3) and basis (K, V, 3) in mm, faces (F, 3), rows of the 68 landmarks."""

    def __init__(self) -> None:
        space = train_shape_space(load_head_model())
        self.mean = torch.tensor(space.mean, dtype=torch.float32)
        self.basis = torch.tensor(space.basis, dtype=torch.float32)
        self.faces, self.landmarks = torch.tensor(space.faces), torch.tensor(space.landmarks)

    def vertices(self, turns: Tensor, coefficients: Tensor, rows: Tensor | slice = slice(None)) -> Tensor:
        """Turned heads (B, V, 3) of rotations (B, 3, 3) and coefficients (B, K)."""
        shaped = self.mean[rows] + torch.einsum("bk,kvc->bvc", coefficients, self.basis[:, rows])
        return shaped @ turns.transpose(1, 2)

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        """Rotations and coefficients of n people who look anywhere."""
        yaw, pitch = (torch.rand(n) - 0.5) * torch.pi, (torch.rand(n) - 0.5) * torch.pi / 4
        return turned(pitch, 0) @ turned(yaw, 1), torch.randn(n, len(self.basis))


def turned(angles: Tensor, axis: int) -> Tensor:
    """Rotations (B, 3, 3) by angles (B,) about an axis."""
    skew = torch.linalg.cross(torch.eye(3)[axis].expand(3, 3), torch.eye(3)).T
    return torch.linalg.matrix_exp(angles[:, None, None] * skew)


def centred(points: Tensor) -> Tensor:
    """Points (B, 68, 2) around their mean, in units of their spread: the network need not know where the face is."""
    moved = points - points.mean(1, keepdim=True)
    return moved / moved.std((1, 2), keepdim=True)


class Network(nn.Module):
    """68 landmarks in, a rotation and coefficients out."""

    def __init__(self, n_coefficients: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(136, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 6 + n_coefficients)
        )

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Rotations (B, 3, 3) and coefficients (B, K) of landmarks (B, 68, 2)."""
        found = self.layers(centred(points).flatten(1))
        first = nn.functional.normalize(found[:, :3], dim=1)
        third = nn.functional.normalize(torch.linalg.cross(first, found[:, 3:6]), dim=1)
        return torch.stack([first, torch.linalg.cross(third, first), third], 2), found[:, 6:]


def placed(vertices: Tensor, landmarks: Tensor, seen: Tensor) -> Tensor:
    """Heads (B, V, 3) in mm, moved and scaled until their landmarks (B, 68, 3) are where the image has them."""
    own = landmarks[..., :2]
    scale = seen.std((1, 2), keepdim=True) / (own - own.mean(1, keepdim=True)).std((1, 2), keepdim=True)
    shift = seen.mean(1, keepdim=True) - scale * own.mean(1, keepdim=True)
    return scale * vertices + nn.functional.pad(shift, (0, 1))


def train(network: Network, face: Face, optimizer: torch.optim.Optimizer) -> float:
    """One epoch on people who are drawn anew; returns the last loss, in mm2."""
    for _ in range(STEPS):
        turns, coefficients = face.draw(BATCH)
        truth = face.vertices(turns, coefficients, face.landmarks)
        found = face.vertices(*network(truth[..., :2]), face.landmarks)
        loss = nn.functional.mse_loss(found, truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


@torch.no_grad()
def validate(network: Network, face: Face, seen: Tensor, names: list[str], metric: FaceBenchmark) -> dict[str, Tensor]:
    """The benchmark's means over the images whose landmarks (B, 68, 2) were seen."""
    vertices = face.vertices(*network(seen))
    # In the wild only relief counts: any depth below 0 will do.
    vertices = placed(vertices, vertices[:, face.landmarks], seen) - torch.tensor([0.0, 0.0, 2.0])
    metric.update(names, vertices, face.faces)
    found = metric.compute()
    metric.reset()
    return found


def main(root: str, picture: str) -> list[float]:
    """Train, draw the curve, return it: the mean chamfer distance before and after each epoch, in mm."""
    torch.manual_seed(1)
    face = Face()
    network = Network(len(face.basis))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    folder = Path(root, "pred/wild_pred/linear-weak")
    names = sorted(path.stem for path in folder.glob("*.obj"))
    detected = [fsbench.adapters.load("3DDFA_V2", folder, name).vertices[face.landmarks.numpy(), :2] for name in names]
    seen = torch.tensor(np.stack(detected), dtype=torch.float32)
    metric = FaceBenchmark("fswild", root, samples=names, by=[])
    curve = []
    for epoch in range(EPOCHS + 1):
        loss = train(network, face, optimizer) if epoch else float("nan")
        found = validate(network, face, seen, names, metric)
        curve.append(float(found["cd_mm"]))
        print(f"epoch {epoch}: loss {loss:.1f} mm2, CD {curve[-1]:.2f} mm, CR {float(found['cr']):.3f}")
    plt.plot(curve, marker="o")
    plt.xlabel("Epoch")
    plt.ylabel("Chamfer distance (mm)")
    plt.savefig(picture)
    return curve


if __name__ == "__main__":
    main(*sys.argv[1:])
