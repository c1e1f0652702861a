"""Published methods with a pinhole camera of their own: four ways into the cv frame.

Every function takes the vertices `v` (V, 3) as the file has them, `focal_px` (None in the wild) and the content of its
side files, and returns (V, 3) in the benchmark's camera frame. Its docstring is what `fsbench adapters NAME` prints.
"As cv with focal length F" is `steps.camera_from_cv`: in the wild P * F / 128 / mean z, y and z * -1, z - mean z - 2;
in the lab, m = mean z, P scaled by F / f about (0, 0, m), then all * 3 / (max y - min y).
"""

import numpy as np

from fsbench.core.mesh import Floats
from fsbench.submissions import steps


def ringnet(v: Floats, focal_px: float | None, *, cam: Floats) -> Floats:
    """RingNet, FLAME without 3D supervision.

    Frame
    -----
    FLAME metres, cv orientation: y down, z away from the camera; weak perspective camera (k, cx, cy) of a 224 px crop.

    Formula
    -------
    V + (cx, cy, 256 / 224); then as cv with focal length 128 k.

    Oddities
    --------
    The ratio of the image sizes, 256 / 224, serves as the distance to the camera.

    Source
    ------
    Sanyal et al. 2019, arXiv:1905.06817; https://github.com/soubhiksanyal/RingNet
    """
    k, x, y = cam
    return steps.camera_from_cv(steps.moved(v, x, y, 256.0 / 224.0), focal_px, 128.0 * k)


def extreme3dface(v: Floats, focal_px: float | None, *, box: tuple[float, ...]) -> Floats:
    """Extreme 3D Faces, bump maps over a regressed foundation.

    Frame
    -----
    gl: camera at the origin, y up, looking along -z, the face near z = -1100; focal length 500 px for a 500 px crop.

    Formula
    -------
    (bl, bt, nw, nh) of extreme3d_dict.json; a = (nw + nh) / 2; P = V a / 500; x + bl + a / 2 - 127.5;
    y - bt - a / 2 + 127.5. In the wild P * 500 / |mean z| / 128; z - mean z - 2. In the lab y, z * -1, then as cv with
    focal length 500.

    Oddities
    --------
    The centre is 127.5, with all other methods 128. One side length a serves both axes.
    The shift in pixels is added in units of the mesh, which is right only if |mean z| a / 500 is near 500.

    Source
    ------
    Tran et al. 2018, arXiv:1712.05083; https://github.com/anhttran/extreme_3d_faces
    """
    left, top, width, height = box
    side = (width + height) / 2
    placed = steps.moved(v * (side / 500.0), left + side / 2 - 127.5, -(top + side / 2 - 127.5))
    if focal_px is None:
        return steps.at_mean_z(placed * (500.0 / abs(steps.mean_depth(placed)) / 128.0), steps.WILD_MEAN_Z)
    return steps.camera_from_cv(steps.cv_from_gl(placed), focal_px, 500.0)


def mgcnet(v: Floats, focal_px: float | None, *, warp: Floats, cam: tuple[float, Floats, Floats]) -> Floats:
    """MGCNet, trained with multi-view geometry consistency.

    Frame
    -----
    Model millimetres; the pose in the file brings it to the cv frame of a 224 px crop with focal length F.

    Formula
    -------
    F, (e0, e1, e2), t from N_cam.txt, M from N_Minv.npy (crop to image pixels); P = Rx(e2) Ry(e1) Rz(e0) V + t;
    m = mean z; o = 114 m / F; xy = M[:2, :2] (xy + o) + M[:2, 2] m / F - o; q = |column 0 of M|; xy / q;
    z - m (1 - 1 / q); xy - 16 (mean z) / F; then as cv with focal length F.

    Oddities
    --------
    114 px stand for the centre of the crop, which is at 112: off by (M[:2, :2] - I) (2, 2) pixels.
    The scale q is taken from column 0 of M, DECA and facescape_deep take row 0: the same for similarities only.

    Source
    ------
    Shang et al. 2020, arXiv:2007.12494; https://github.com/jiaxiangshang/MGCNet
    """
    own_focal, angles, translation = cam
    rotation = steps.rotation_x(angles[2]) @ steps.rotation_y(angles[1]) @ steps.rotation_z(angles[0])
    posed = v @ rotation.T + translation
    depth = steps.mean_depth(posed)
    centre = 114.0 * depth / own_focal
    x, y = warp[:2, 2] * depth / own_focal - centre
    unwarped = steps.affine_xy(steps.moved(posed, centre, centre), warp[:2, :2], x, y)
    q = steps.column_scale(warp)
    nearer = steps.moved(steps.scaled(unwarped, 1 / q, 1 / q, 1.0), 0.0, 0.0, -depth * (1 - 1 / q))
    shift = 16.0 * steps.mean_depth(nearer) / own_focal
    return steps.camera_from_cv(steps.moved(nearer, -shift, -shift), focal_px, own_focal)


def lap(v: Floats, focal_px: float | None, *, cam: tuple[Floats, Floats, Floats]) -> Floats:
    """LAP, depth maps learned from photo collections.

    Frame
    -----
    x mirrored, y up, z towards the viewer, 100 units = distance to the camera; 128 px network image.

    Formula
    -------
    K, (R | t), (row, col, c) of N_cam.json; F = K(0, 0); e = (0, 0, 1); P = R (V - e) + e + 100 ((0, 0, -1) - t);
    x * -1; z - mean z (1 - 1 / c); m = mean z; A = 64 (2 - 2 c) m / (2 F); d = floor((1 - c) 256 / 2);
    x + A + (d + col - 128) |m| / (2 F); y - A - (d + row - 128) |m| / (2 F); corners of each face (0, 1, 2) ->
    (1, 0, 2). That is gl; y, z * -1, then as cv with focal length 2 F.

    Oddities
    --------
    It turns about (0, 0, 1) although units are 100 times that.
    d is rounded down, so A and d cancel to a pixel only. The principal point of K is not used.

    Source
    ------
    Zhang et al. 2021, arXiv:2106.07852; https://github.com/TencentYoutuResearch/3DFaceReconstruction-LAP
    """
    intrinsics, pose, (row, column, c) = cam
    own_focal = 2.0 * float(intrinsics[0, 0])
    pivot = np.array([0.0, 0.0, 1.0])
    posed = (v - pivot) @ pose[:, :3].T + pivot + 100.0 * (np.array([0.0, 0.0, -1.0]) - pose[:, 3])
    facing = steps.scaled(posed, -1.0, 1.0, 1.0)
    farther = steps.moved(facing, 0.0, 0.0, -steps.mean_depth(facing) * (1 - 1 / c))
    mean = steps.mean_depth(farther)
    inset = 64.0 * (2.0 - 2.0 * c) * mean / own_focal
    border_px = np.floor(((1.0 - c) * 256.0) / 2.0)
    a_pixel = abs(mean) / own_focal
    x, y = inset + (border_px + column - 128.0) * a_pixel, inset + (border_px + row - 128.0) * a_pixel
    return steps.camera_from_cv(steps.cv_from_gl(steps.moved(farther, x, -y)), focal_px, own_focal)
