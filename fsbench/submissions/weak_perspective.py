"""Published methods whose camera is orthographic or weak perspective: eleven ways into the ortho frame.

Every function takes the vertices `v` (V, 3) as the file has them, `focal_px` (None in the wild) and the content of its
side files, and returns (V, 3) in the benchmark's camera frame. Its docstring is what `fsbench adapters NAME` prints.
In formulas N is the sample, V a vertex of the file, W the inverse of a tform: crop pixels to image pixels.
"""

import numpy as np

from fsbench.core.mesh import Floats
from fsbench.geometry.transforms import rotation_by
from fsbench.submissions import steps


def facescape_opti(v: Floats, focal_px: float | None) -> Floats:
    """FaceScape's bilinear model, fitted by optimisation.

    Frame
    -----
    Pixels of the 256 px image: x right, y up from the bottom edge, z towards the viewer.

    Formula
    -------
    x, y - 128; all / 128; then as ortho.

    Source
    ------
    Yang et al. 2020, arXiv:2003.13989; https://github.com/zhuhao-nju/facescape
    """
    return steps.camera_from_ortho(steps.ortho_from_pixels(v), focal_px)


def tddfa_v2(v: Floats, focal_px: float | None) -> Floats:
    """3DDFA_V2, dense alignment by a regressed Basel model.

    Frame
    -----
    Pixels of the 256 px image: x right, y up from the bottom edge, z towards the viewer.

    Formula
    -------
    all / 128; x, y - 1; then as ortho.

    Source
    ------
    Guo et al. 2020, arXiv:2009.09960; https://github.com/cleardusk/3DDFA_V2
    """
    return steps.camera_from_ortho(steps.ortho_from_pixels(v), focal_px)


def prnet(v: Floats, focal_px: float | None) -> Floats:
    """PRNet, a position map regressed from the image.

    Frame
    -----
    Pixels of the 256 px image: x right, y up from the bottom edge, z towards the viewer.

    Formula
    -------
    all / 128; x, y - 1; then as ortho.

    Source
    ------
    Feng et al. 2018, arXiv:1803.07835; https://github.com/yfeng95/PRNet
    """
    return steps.camera_from_ortho(steps.ortho_from_pixels(v), focal_px)


def rafare(v: Floats, focal_px: float | None) -> Floats:
    """RAFaRe, a non-parametric reconstruction from pseudo pairs.

    Frame
    -----
    Ortho: x right, y up, z towards the viewer, the image is [-1, 1]^2.

    Formula
    -------
    As it is; then as ortho.

    Source
    ------
    Guo et al. 2023, arXiv:2302.05486; https://github.com/zhuhao-nju/rafare
    """
    return steps.camera_from_ortho(v, focal_px)


def sadrnet(v: Floats, focal_px: float | None) -> Floats:
    """SADRNet, self-aligned dual regression.

    Frame
    -----
    Half images: x in [0, 2] right, y in [0, 2] down from the top edge, z towards the viewer.

    Formula
    -------
    x, y - 1; y * -1; corners of each face (0, 1, 2) -> (1, 0, 2); then as ortho.

    Source
    ------
    Ruan et al. 2021, arXiv:2106.03021; https://github.com/MCG-NJU/SADRNet
    """
    return steps.camera_from_ortho(steps.scaled(steps.moved(v, -1.0, -1.0), 1.0, -1.0, 1.0), focal_px)


def facescape_deep(v: Floats, focal_px: float | None, *, tform: Floats) -> Floats:
    """FaceScape's network predictor.

    Frame
    -----
    Pixels of a 256 px crop: x right, y up from its bottom edge, z towards the viewer.

    Formula
    -------
    (u, v) = W (Vx, 256 - Vy) / 128 in image pixels; (u - 1, 1 - v, |row 0 of W| Vz / 128); then as ortho.

    Oddities
    --------
    The tform was a pickled scikit-image transform. Here it is read without unpickling, and a plain 3x3 array will do
    as well, which stops the official loader.

    Source
    ------
    Zhu et al. 2023, arXiv:2111.01082; https://github.com/zhuhao-nju/facescape
    """
    image_from_crop = steps.inverse(tform)
    crop = steps.ortho_from_pixels(v)
    image = steps.unwarp_ortho(crop, image_from_crop, 128.0, steps.row_scale(image_from_crop))
    return steps.camera_from_ortho(image, focal_px)


def detailed3dface(v: Floats, focal_px: float | None, *, camera: tuple[Floats, float, Floats]) -> Floats:
    """Detailed3DFace, FaceScape's riggable predictor as released.

    Frame
    -----
    FaceScape's bilinear model, mm, y up, z out of the face, before the fitted camera; pixels of the 256 px image.

    Formula
    -------
    (x, y, z) = s R V + (tx, ty, 0) in pixels, R of the rotation vector; x, y - 128; all / 128; then as ortho.

    Oddities
    --------
    The program writes the front mesh (12483 vertices) in its own frame and does not save the camera that it computes:
    without N_camera.json there is no place in the image. Its 20 displacement maps are scored by the benchmark rig.

    Source
    ------
    Yang et al. 2020, arXiv:2003.13989; https://github.com/yanght321/Detailed3DFace
    """
    vector, scale, shift = camera
    turned: Floats = scale * (v @ rotation_by(vector).T)
    return steps.camera_from_ortho(steps.ortho_from_pixels(steps.moved(turned, shift[0], shift[1])), focal_px)


def deca(v: Floats, focal_px: float | None, *, tform: Floats, cam: Floats) -> Floats:
    """DECA, FLAME with learned detail.

    Frame
    -----
    FLAME metres: y up, z towards the viewer; weak perspective camera (k, tx, ty) of a 224 px crop.

    Formula
    -------
    (x, y, z) = k (Vx + tx, Vy + ty, Vz) is the ortho frame of the crop; (u, v) = W (112 (x + 1), 112 (1 - y)) in image
    pixels; (u / 128 - 1, 1 - v / 128, |row 0 of W| 112 z / 128); then as ortho.

    Oddities
    --------
    The tform was a pickled scikit-image transform. Here it is read without unpickling, and a plain 3x3 array will do
    as well, which stops the official loader.

    Source
    ------
    Feng et al. 2021, arXiv:2012.04012; https://github.com/yfeng95/DECA
    """
    k, tx, ty = cam
    image_from_crop = steps.inverse(tform)
    crop = steps.weak_perspective(v, k, tx, ty)
    image = steps.unwarp_ortho(crop, image_from_crop, 112.0, steps.row_scale(image_from_crop))
    return steps.camera_from_ortho(image, focal_px)


def udl(v: Floats, focal_px: float | None, *, pose: Floats, crop: Floats) -> Floats:
    """UDL, the unsupervised detail layer.

    Frame
    -----
    Model millimetres: y up, z towards the viewer; weak perspective camera of a 300 px crop.

    Formula
    -------
    (pitch, yaw, roll, tx, ty, s) = pose; R = Rx(-pitch) Ry(-yaw) Rz(-roll) * 1.5 exp(s); P = R V + (tx, ty, -200);
    P * (x1 - x0) / 300; x + (x0 + x1) / 2 - 128; y - (y0 + y1) / 2 + 128; all / 128; then as ortho.

    Oddities
    --------
    Only the x size of the crop (x0, x1, y0, y1, pad_t, pad_l) sets the scale, and its padding is not used.
    Sine, cosine and exp are taken in the precision of the pose file, float32 as a rule.
    The depth -200 has no effect.

    Source
    ------
    Chen et al. 2020, arXiv:1910.11791; https://github.com/cyj907/unsupervised-detail-layer
    """
    pitch, yaw, roll, tx, ty, log_scale = pose
    x0, x1, y0, y1, _, _ = (float(value) for value in crop)
    rotation = steps.rotation_x(-pitch) @ steps.rotation_y(-yaw) @ steps.rotation_z(-roll)
    posed = steps.moved(v @ (rotation * (1.5 * float(np.exp(log_scale)))).T, float(tx), float(ty), -200.0)
    in_image = posed * ((x1 - x0) / 300.0)
    centred_px = steps.moved(in_image, (x0 + x1) / 2 - 128, -((y0 + y1) / 2 - 128))
    return steps.camera_from_ortho(centred_px / 128.0, focal_px)


def df2net(v: Floats, focal_px: float | None, *, coords: tuple[float, ...]) -> Floats:
    """DF2Net, a depth map of a face crop.

    Frame
    -----
    Pixels of a 512 px crop: x is the row (down), y the column (right), z towards the viewer.

    Formula
    -------
    ((h, w), xr, yr) of DF2Net_coors.json; (Vy / 512 w + xr, (1 - Vx / 512) h, Vz / 512 (h + w) / 2) / 128; x, y - 1;
    corners of each face (0, 1, 2) -> (1, 0, 2); then as ortho.

    Oddities
    --------
    yr is not used, so the face sits right only if the crop touches the bottom edge of the image.

    Source
    ------
    Zeng et al. 2019, DF2Net (ICCV); https://github.com/xiaoxingzeng/DF2Net
    """
    height, width, x_right, _ = coords
    unit = v / 512.0
    pixels = np.column_stack(
        [unit[:, 1] * width + x_right, (1.0 - unit[:, 0]) * height, unit[:, 2] * ((height + width) / 2)]
    )
    return steps.camera_from_ortho(steps.ortho_from_pixels(pixels), focal_px)


def deep3dfacerec(v: Floats, focal_px: float | None, *, crop: tuple[float, ...]) -> Floats:
    """Deep3DFaceReconstruction, Basel model coefficients by a network.

    Frame
    -----
    Model units: y up, z towards the viewer; camera at z = 10 with focal length 1015 px for a 224 px crop.

    Formula
    -------
    (w0, h0, s, t0, t1) of Deep3D_cons_dict.json; w, h = trunc(w0 s), trunc(h0 s);
    left = trunc(w / 2 - 112 + (t0 - w0 / 2) s); up = trunc(h / 2 - 112 + (h0 / 2 - t1) s);
    P = V (1015 / 112) / |mean z - 10|; x, y + 1; P * 112; x + left; y - up; P / s;
    y = 255 - (round(224 / s) - 1 - y); P / 128; x, y - 1; then as ortho.

    Oddities
    --------
    Crop offsets are truncated to whole pixels towards zero, 224 / s is rounded half to even.
    y is measured from 255, x from 256: one pixel of asymmetry.
    Perspective is dropped: all is projected at the mean depth.

    Source
    ------
    Deng et al. 2019, arXiv:1903.08527; https://github.com/microsoft/Deep3DFaceReconstruction
    """
    w0, h0, s, t0, t1 = crop
    left = np.trunc(np.trunc(w0 * s) / 2 - 112 + (t0 - w0 / 2) * s)
    up = np.trunc(np.trunc(h0 * s) / 2 - 112 + (h0 / 2 - t1) * s)
    projected = v * ((1015.0 / 112.0) / abs(steps.mean_depth(steps.moved(v, 0.0, 0.0, -10.0))))
    resized_px = steps.moved(steps.moved(projected, 1.0, 1.0) * 112.0, left, -up)
    image_px = steps.moved(resized_px / s, 0.0, 255.0 - (np.round(224.0 / s) - 1.0))
    return steps.camera_from_ortho(steps.ortho_from_pixels(image_px), focal_px)


def dfdn(v: Floats, focal_px: float | None, *, affine: Floats, modelview: Floats) -> Floats:
    """DFDN, facial detail synthesis over a fitted proxy.

    Frame
    -----
    Model millimetres: y up, z towards the viewer; affine camera to the pixels of the image, y down.

    Formula
    -------
    k = |row 0 of affine, first three|; (tx, ty) = affine (0, 3), (1, 3); R = upper 3x3 of modelview; P = k R V;
    (Px + tx - 128, Py - ty + 128, Pz) / 128; then as ortho.

    Oddities
    --------
    The translation of modelview is not used.

    Source
    ------
    Chen et al. 2019, arXiv:1903.10873; https://github.com/apchenstu/Facial_Details_Synthesis
    """
    k = float(np.linalg.norm(affine[0, :3]))
    posed = (v @ modelview[:3, :3].T) * k
    centred_px = steps.moved(posed, affine[0, 3] - 128.0, -affine[1, 3] + 128.0)
    return steps.camera_from_ortho(centred_px / 128.0, focal_px)
