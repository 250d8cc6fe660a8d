"""Writes a checkpoint of the hub's layout as an ONNX file, for `npm run bench` to run in onnxruntime-web beside ours.

The file takes and answers what the DEIMv2 files of ../shared/weights/onnx do, so that one page runs them all:
  images             [1,3,H,W] float32, levels / 255
  orig_target_sizes  [1,2] int64, (width, height) of the photo
  labels [1,K] int64, boxes [1,K,4] float32 (x0, y0, x1, y1 in pixels of the photo), scores [1,K] float32, best first
where K is the number of queries: the best pairs of a query and a class by their sigmoid, as RT-DETR's authors deploy it
(lyuwenyu/RT-DETR, rtdetr_postprocessor.py).

Run: python scripts/onnx/export.py CHECKPOINT OUT.onnx
Needs torch, transformers 5.18, onnx and onnxruntime (the CPU ones do; tested with torch 2.13). The answers of the file in
onnxruntime are held against PyTorch's before it is kept.
"""
import argparse
import json
import pathlib
import re
import sys
import warnings

import numpy
import torch
import transformers

# GridSample came with 16, LayerNormalization with 17: the newest that onnxruntime-web's WebGPU provider covers whole.
OPSET = 17
MOST_DIFFERENCE = 1e-3
LEAST_AGREEMENT = 0.98
PHOTO = (512, 384)
# What a forward pass does not read.
NOT_USED = re.compile(r"num_batches_tracked$|denoising_class_embed")


class Deployed(torch.nn.Module):
    """The model with its postprocessing: two tensors in, the best pairs out."""

    def __init__(self, model: transformers.RTDetrForObjectDetection) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: torch.Tensor, orig_target_sizes: torch.Tensor):
        out = self.model(pixel_values=images)
        logits, boxes = out.logits, out.pred_boxes
        queries, classes = logits.shape[1:]
        scores, pairs = torch.topk(torch.sigmoid(logits).flatten(1), queries)
        centre, size = boxes[..., :2], boxes[..., 2:]
        corners = torch.cat([centre - size / 2, centre + size / 2], -1)
        pixels = corners * orig_target_sizes.to(corners.dtype).repeat(1, 2).unsqueeze(1)
        query = torch.div(pairs, classes, rounding_mode="floor")
        return pairs - query * classes, torch.gather(pixels, 1, query.unsqueeze(-1).expand(-1, -1, 4)), scores


def load(folder: pathlib.Path) -> tuple[torch.nn.Module, list[int]]:
    """The checkpoint and the height and width of its input. Refuses a checkpoint that leaves a weight to chance."""
    kind = json.loads((folder / "config.json").read_text())["model_type"]
    if kind != "rt_detr":
        sys.exit(f"{folder}: expected model_type rt_detr, got {kind}")
    model, info = transformers.RTDetrForObjectDetection.from_pretrained(
        folder, attn_implementation="eager", output_loading_info=True
    )
    missing = [name for name in info["missing_keys"] if not NOT_USED.search(name)]
    if missing or info["mismatched_keys"]:
        sys.exit(f"{folder}: expected every weight of the model, missing {missing}, of other shape {info['mismatched_keys']}")
    size = json.loads((folder / "preprocessor_config.json").read_text())["size"]
    return model, [size["height"], size["width"]]


def check(path: pathlib.Path, deployed: Deployed, inputs: tuple[torch.Tensor, torch.Tensor]) -> float:
    """Largest difference of a score, or of a box side in fractions of the photo, between onnxruntime and PyTorch."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    labels, boxes, scores = session.run(None, dict(zip(("images", "orig_target_sizes"), (x.numpy() for x in inputs))))
    with torch.no_grad():
        expected = [x.numpy() for x in deployed(*inputs)]
    # scores that are equal to the last bit may stand in another order
    same = labels == expected[0]
    if not same.mean() >= LEAST_AGREEMENT:
        sys.exit(f"{path}: labels agree in {same.mean():.3f} of the places, expected {LEAST_AGREEMENT}")
    sides = numpy.abs(boxes - expected[1]).max(-1)[same] / max(PHOTO)
    return float(max(numpy.abs(scores - expected[2]).max(), numpy.quantile(sides, LEAST_AGREEMENT)))


def main() -> None:
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    model, (height, width) = load(args.checkpoint)
    deployed = Deployed(model).eval()
    images = torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(1))
    inputs = (images, torch.tensor([PHOTO]))
    partial = args.out.with_suffix(".partial.onnx")
    torch.onnx.export(
        deployed,
        inputs,
        partial,
        opset_version=OPSET,
        input_names=["images", "orig_target_sizes"],
        output_names=["labels", "boxes", "scores"],
        dynamo=False,
    )
    difference = check(partial, deployed, inputs)
    if not difference <= MOST_DIFFERENCE:
        sys.exit(f"{args.out}: differs from PyTorch by {difference:.2e}, expected at most {MOST_DIFFERENCE}")
    partial.rename(args.out)
    print(f"{args.out}: opset {OPSET}, differs from PyTorch by {difference:.1e}")


if __name__ == "__main__":
    main()
