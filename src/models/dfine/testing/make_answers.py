"""Writes what PyTorch answers where ../shared/reference/d_fine does not reach: awake.json and nano.json beside this file.

awake.json: the reference with its backbone awake. Its random affine blocks scale every activation by about 0.2, so that the
features hardly depend on the image and the backbone's gradients vanish; here each scale is 1 more.
nano.json: two levels, another number of points for each, another width in the decoder than in the encoder, no denoising; its
weights follow from their names (wave.ts has the same formula). Two images: with one, PyTorch 2.13's gradient of a batch norm
before the encoder's attention is not that of its own finite differences.

In both every layer predicts, as in training:
  logits.<k>, boxes.<k>   of the first image; k 0 is the pre-bbox head's, 1.. the decoder layers'
  corners.<k>             [20] the first query's first logits of the left edge
  grads                   of the sum of the mean squares of all logits and boxes, the selection's too: [norm, sum of g_i cos i]
                          of every tensor of the backbone and of the encoder's attention

Run: python make_answers.py FOLDER   (the folder d_fine; torch, transformers 5.18, safetensors)
"""
import json, pathlib, sys

sys.path.insert(0, str(pathlib.Path(sys.argv[1]).parent))
import make_reference  # noqa: F401  (declares the operators of a torchvision built for another torch)
import torch
import transformers as T
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent


def file_name(name):
    """The hub's older spelling, which the files have."""
    name = name.replace("o_proj", "out_proj").replace("encoder.aifi", "encoder.encoder")
    return name.replace("mlp.layers.0", "fc1").replace("mlp.layers.1", "fc2")


def rounded(t):
    return [float(f"{v:.7g}") for v in t.detach().flatten().tolist()]


def answers(model, x):
    model.eval()
    model.model.decoder.training = True  # this flag alone: every layer predicts
    out = model.model(x)
    logits, boxes = out.intermediate_logits.unbind(1), out.intermediate_reference_points.unbind(1)
    terms = [out.enc_topk_logits, out.enc_topk_bboxes, *logits, *boxes]
    sum((t**2).mean() for t in terms).backward()
    grads = {}
    for name, p in model.named_parameters():
        if p.grad is not None and ("backbone" in name or "encoder.aifi" in name):
            g = p.grad.flatten()
            along = (g * torch.arange(len(g)).double().cos()).sum()
            grads[file_name(name)] = rounded(torch.stack([g.norm(), along]))
    return {
        "logits": [rounded(t[0]) for t in logits],
        "boxes": [rounded(t[0]) for t in boxes],
        "corners": [rounded(t[0, 0, :20]) for t in out.intermediate_predicted_corners.unbind(1)],
        "grads": grads,
    }


def awake(folder):
    model = T.DFineForObjectDetection.from_pretrained(folder).double()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("lab.scale"):
                p += 1
    return answers(model, load_file(folder / "cases.safetensors")["input.pixel_values"].double())


def wave(count, start):
    i = torch.arange(count).double()
    return (start + 0.37 * i * i).sin()


def weights(name, shape):
    """Normal-looking numbers by the tensor's name: norms near one, the rest so that activations stay of order one."""
    count = torch.Size(shape).numel()
    v = wave(count, sum(map(ord, name)))
    if name.endswith("decoder.up"):
        v = torch.full_like(v, 0.5)
    elif name.endswith("reg_scale"):
        v = torch.full_like(v, 4)
    elif name.endswith("running_var"):
        v = 1 + 0.3 * v
    elif name.endswith("running_mean"):
        v = 0.1 * v
    elif name.endswith("lab.scale") or (len(shape) == 1 and name.endswith("weight")):
        v = 1 + 0.2 * v
    elif name.endswith("sampling_offsets.bias"):
        v = 1.5 * v
    elif len(shape) == 1:
        v = 0.2 * v
    else:
        v = v * 2 / (count / shape[0]) ** 0.5
    return v.reshape(shape)


NANO_BACKBONE = dict(
    stem_channels=[3, 8, 8], stage_in_channels=[8, 16, 24, 32], stage_mid_channels=[8, 8, 12, 16], stage_out_channels=[16, 24, 32, 40],
    stage_num_blocks=[1, 1, 2, 1], stage_numb_of_layers=[2, 2, 2, 2], stage_downsample=[False, True, True, True],
    stage_light_block=[False, False, True, True], stage_kernel_size=[3, 3, 5, 5], use_learnable_affine_block=True,
    hidden_sizes=[16, 24, 32, 40], out_features=["stage3", "stage4"])
NANO = dict(
    encoder_hidden_dim=32, encoder_in_channels=[32, 40], decoder_in_channels=[32, 32], feat_strides=[16, 32], num_feature_levels=2,
    encode_proj_layers=[1], encoder_ffn_dim=48, encoder_attention_heads=4, hidden_expansion=0.34, depth_mult=0.5, d_model=24,
    decoder_n_points=[6, 3], decoder_layers=3, decoder_attention_heads=4, decoder_ffn_dim=40, num_queries=10, num_denoising=0,
    layer_scale=2, lqe_hidden_dim=12, top_prob_values=3, max_num_bins=16, num_labels=5)


def nano():
    model = T.DFineForObjectDetection(T.DFineConfig(backbone_config=T.HGNetV2Config(**NANO_BACKBONE), **NANO)).double()
    state = model.state_dict()
    for name, t in state.items():
        if not name.endswith(("num_batches_tracked", "num_points_scale")) and name.startswith("model."):
            t.copy_(weights(file_name(name), tuple(t.shape)))
    config = {"model_type": "d_fine", **NANO, "backbone_config": {"model_type": "hgnet_v2", **NANO_BACKBONE}}
    return {"config": config, **answers(model, wave(2 * 3 * 64 * 96, 5).reshape(2, 3, 64, 96))}


for name, answer in {"awake": awake(pathlib.Path(sys.argv[1])), "nano": nano()}.items():
    (HERE / f"{name}.json").write_text(json.dumps(answer) + "\n")
