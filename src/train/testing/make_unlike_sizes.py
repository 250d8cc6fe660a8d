"""Writes unlike-sizes.json beside this file: what PyTorch answers for two images of unlike sizes, alone and padded to one batch.

The images are the upper left 80 x 128 pixels of the first and the 96 x 96 of the second of ../shared/reference/<kind>; padded to
96 x 128 with zeros and a pixel_mask, the convolutions at their borders see other padding than that of an image alone (and a group
norm counts it), so the two answers differ. The reference's residual branches end in batch norms of gain 0, as timm begins: here
each gain is 0.5 and each bias 0.1, so that they count (awake in unlike-sizes.parity.ts).
By kind: alone and padded, each [image]: {"logits": [Q*C], "boxes": [Q*4]} of the last layer; grads: for the padded batch, of the
sum of the mean squares of those logits and boxes: [norm, sum of g_i cos i] of every convolution of the backbone.

Run: python make_unlike_sizes.py FOLDER   (../shared/reference; torch, transformers 5.18, timm, safetensors)
"""
import json, pathlib, re, sys

REFERENCE = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(REFERENCE))
import make_reference  # noqa: F401  (declares the operators of a torchvision built for another torch, and the small backbone)
import torch
import transformers as T
from safetensors.torch import load_file

KINDS = {
    "detr": T.DetrForObjectDetection,
    "deformable_detr": T.DeformableDetrForObjectDetection,
    "deformable_detr_two_stage": T.DeformableDetrForObjectDetection,
}
BATCH_NORM = re.compile(r"\.(bn\d|downsample\.1)\.(weight|bias)$")
CONVOLUTION = re.compile(r"(?:layer\d\.\d\.)?(?:conv\d|downsample\.0)\.weight$")
SIZES = [(80, 128), (96, 96)]


def rounded(t):
    return [float(f"{v:.7g}") for v in t.flatten().tolist()]


def answers(out):
    return [{"logits": rounded(l), "boxes": rounded(b)} for l, b in zip(out.logits, out.pred_boxes)]


def gradients(model, out):
    ((out.logits**2).mean() + (out.pred_boxes**2).mean()).backward()
    grads = {}
    for name, p in model.model.backbone.named_parameters():
        if found := CONVOLUTION.search(name):
            g = p.grad.flatten().double()
            grads[found[0]] = rounded(torch.stack([g.norm(), (g * torch.arange(len(g)).double().cos()).sum()]))
    return grads


def both(kind, model):
    model.eval()
    for name, tensor in model.state_dict().items():
        if found := BATCH_NORM.search(name):
            tensor.fill_(0.5 if found[2] == "weight" else 0.1)
    x = load_file(REFERENCE / kind / "cases.safetensors")["input.pixel_values"]
    mask = torch.zeros(x.shape[0], *x.shape[2:], dtype=torch.int64)
    for image, (h, w) in zip(mask, SIZES):
        image[:h, :w] = 1
    with torch.no_grad():
        alone = [answers(model(x[b : b + 1, :, :h, :w]))[0] for b, (h, w) in enumerate(SIZES)]
        padded = answers(model(x * mask[:, None], pixel_mask=mask))
    model.model.backbone.requires_grad_(True)
    grads = gradients(model, model(x * mask[:, None], pixel_mask=mask))
    return {"alone": alone, "padded": padded, "grads": grads}


made = {kind: both(kind, build.from_pretrained(REFERENCE / kind)) for kind, build in KINDS.items()}
(pathlib.Path(__file__).parent / "unlike-sizes.json").write_text(json.dumps(made) + "\n")
