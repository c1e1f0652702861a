"""The published methods of the FaceScape benchmark, an entry each: name, maths, files.

Names are the benchmark authors'. facescape_opti and facescape_deep are their own two predictors.
"""

from functools import partial

from fsbench.submissions import perspective, sidefiles, weak_perspective
from fsbench.submissions.adapter import Adapter, SideFile

_TFORM = SideFile("tform", "{sample}_tform.npy", sidefiles.affine)

PUBLISHED: tuple[Adapter, ...] = (
    Adapter("facescape_opti", weak_perspective.facescape_opti),
    Adapter("facescape_deep", weak_perspective.facescape_deep, side=(_TFORM,)),
    Adapter("3DDFA_V2", weak_perspective.tddfa_v2),
    Adapter(
        "DECA",
        weak_perspective.deca,
        mesh="{sample}_detail.obj",
        side=(_TFORM, SideFile("cam", "{sample}_cam.npy", partial(sidefiles.vector, n=3))),
    ),
    Adapter(
        "extreme3dface",
        perspective.extreme3dface,
        mesh="{sample}_withBump_aligned.ply",
        side=(SideFile("box", "extreme3d_dict.json", sidefiles.extreme3d_box),),
    ),
    Adapter(
        "MGCNet",
        perspective.mgcnet,
        mesh="{sample}.ply",
        side=(
            SideFile("warp", "{sample}_Minv.npy", sidefiles.warp),
            SideFile("cam", "{sample}_cam.txt", sidefiles.mgcnet_camera),
        ),
    ),
    Adapter("PRNet", weak_perspective.prnet),
    Adapter(
        "RingNet",
        perspective.ringnet,
        side=(SideFile("cam", "{sample}.npy", partial(sidefiles.parameter, key="cam", n=3)),),
    ),
    Adapter("SADRNet", weak_perspective.sadrnet, swap_faces=True),
    Adapter(
        "UDL",
        weak_perspective.udl,
        mesh="{sample}_fine.ply",
        side=(
            SideFile("pose", "{sample}_pose.npy", partial(sidefiles.vector_in_file_precision, n=6)),
            SideFile("crop", "{sample}_crop.npy", partial(sidefiles.vector, n=6)),
        ),
    ),
    Adapter(
        "DF2Net",
        weak_perspective.df2net,
        side=(SideFile("coords", "DF2Net_coors.json", sidefiles.df2net_coordinates),),
        swap_faces=True,
    ),
    Adapter(
        "Deep3DFaceRec",
        weak_perspective.deep3dfacerec,
        side=(SideFile("crop", "Deep3D_cons_dict.json", sidefiles.deep3d_crop),),
    ),
    Adapter(
        "DFDN",
        weak_perspective.dfdn,
        side=(
            SideFile(
                "affine",
                "{sample}.affine_from_ortho.txt",
                partial(sidefiles.matrix_text, shapes=((3, 4), (4, 4))),
            ),
            SideFile("modelview", "{sample}.modelview.txt", partial(sidefiles.matrix_text, shapes=((4, 4),))),
        ),
    ),
    Adapter(
        "LAP",
        perspective.lap,
        side=(SideFile("cam", "{sample}_cam.json", sidefiles.lap_camera),),
        swap_faces=True,
    ),
    Adapter("RAFaRe", weak_perspective.rafare),
)

OTHERS: tuple[Adapter, ...] = (
    Adapter(
        "Detailed3DFace",
        weak_perspective.detailed3dface,
        mesh="{sample}/{sample}.obj",
        side=(
            SideFile(
                "camera",
                "{sample}/{sample}_camera.json",
                sidefiles.rotation_scale_shift,
                "The released program computes the camera and does not save it: write its rot_vector (3, radians), "
                'scale and trans (2) as JSON, {"rot_vector": [..], "scale": .., "trans": [..]}',
            ),
        ),
    ),
)
"""Methods whose files are read as their authors' programs write them, beyond the benchmark's own fifteen."""
