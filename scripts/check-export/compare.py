"""Opens a checkpoint with transformers and compares its answers with ours, photo by photo.

python3 compare.py CHECKPOINT ANSWERS.json
ANSWERS.json: {"images": [{"path", "query": [K], "label": [K], "score": [K], "boxes": [Q*4]}]}, scores of the last layer,
boxes cxcywh as fractions. Prints {"model", "logits": greatest difference, "boxes": the same, "compared": pairs} as JSON.
Needs torch, transformers (5 or newer), pillow, and timm for DETR and Deformable DETR.
"""
import json, pathlib, sys, warnings

warnings.filterwarnings("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import torch
import torchvision_stub  # noqa: F401
import timm
from timm.models.resnet import Bottleneck, ResNet
from transformers import AutoImageProcessor, AutoModelForObjectDetection
from PIL import Image

SURE = 1e-6  # scores nearer to 0 or 1 than this have lost their logit in float32


@timm.models.register_model
def resnet_small_bottleneck(pretrained=False, pretrained_cfg=None, pretrained_cfg_overlay=None, **kw):
    """The backbone of ../shared/reference's DETR and Deformable DETR (make_reference.py there)."""
    cfg = {"num_classes": 0, "input_size": (3, 224, 224), "first_conv": "conv1", "classifier": "fc"}
    shape = dict(block=Bottleneck, layers=[1, 2, 1, 1], channels=(8, 12, 16, 20), stem_width=8)
    return timm.models.build_model_with_cfg(ResNet, "resnet_small_bottleneck", False, pretrained_cfg=cfg, **shape, **kw)


def logit(p):
    return torch.log(p) - torch.log1p(-p)


def compare(model, processor, image):
    inputs = processor(images=Image.open(image["path"]).convert("RGB"), return_tensors="pt")
    with torch.no_grad():
        out = model(**inputs)
    logits = out.logits[0].double()
    softmax = type(model).__name__ == "DetrForObjectDetection"
    scores = logits.softmax(-1) if softmax else logits.sigmoid()
    query, label = torch.tensor(image["query"]), torch.tensor(image["label"])
    ours, theirs = torch.tensor(image["score"]).double(), scores[query, label]
    kept = (ours > SURE) & (ours < 1 - SURE)
    boxes = torch.tensor(image["boxes"]).reshape(-1, 4)
    apart = (logit(ours) - logit(theirs)).abs()[kept].max().item()
    return apart, (boxes - out.pred_boxes[0]).abs().max().item(), int(kept.sum())


def main(folder, answers):
    model = AutoModelForObjectDetection.from_pretrained(folder).eval()
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    each = [compare(model, processor, image) for image in json.loads(pathlib.Path(answers).read_text())["images"]]
    worst = lambda i: max(e[i] for e in each)
    report = {"model": type(model).__name__, "logits": worst(0), "boxes": worst(1), "compared": sum(e[2] for e in each)}
    print(json.dumps(report))


main(*sys.argv[1:3])
