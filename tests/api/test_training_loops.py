"""The loops of PyTorch and of MONAI against the command on the files that they save (CLI-Y2)."""

import re
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

import segeval
from segeval.scorecard.results import load_results

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
METRICS = ("dice", "hd95", "gt_volume", "ece")


def everything(card):
    parts = card.rows, card.summary, card.signature, card.fields
    return [repr(part) for part in parts]


def commanded(root, *options):
    out = root / "results.json"
    call = ["score", root / "pred", root / "gt", "-o", out, "-q", "--format", "none"]
    call += [word for metric in METRICS for word in ("-m", metric)]
    call += ["--isolated", *options]
    subprocess.run([sys.executable, "-m", "segeval", *map(str, call)], check=True, timeout=300)
    return load_results(out)


def folders(root):
    for side in ("pred", "gt", "image"):
        (root / side).mkdir()


class Pictures(torch.utils.data.Dataset):
    """Pictures of noise around three classes, with their names."""

    def __len__(self):
        return 7

    def __getitem__(self, k):
        rng = torch.Generator().manual_seed(k)
        blocks = torch.randint(0, 3, (6, 8), generator=rng)
        truth = blocks.repeat_interleave(8, 0).repeat_interleave(8, 1)
        image = truth[None].float() + 0.7 * torch.randn(1, 48, 64, generator=rng)
        return image, truth, f"scene_{k}"


class Net(torch.nn.Module):
    """One convolution, not trained."""

    def __init__(self, convolution):
        super().__init__()
        torch.manual_seed(0)
        self.layer = convolution(1, 3, 3, padding=1)

    def forward(self, image):
        return self.layer(image)


@torch.no_grad()
def test_a_loop_of_pytorch(tmp_path):
    folders(tmp_path)
    net = Net(torch.nn.Conv2d).eval()
    evaluator = segeval.Evaluator(METRICS, kind="logits")
    for images, truths, names in torch.utils.data.DataLoader(Pictures(), batch_size=3):
        logits = net(images)
        evaluator.update(logits, truths, names)
        for one, truth, name in zip(logits, truths, names, strict=True):
            np.savez(tmp_path / "pred" / f"{name}.npz", logits=one.numpy())
            np.save(tmp_path / "gt" / f"{name}.npy", truth.numpy().astype(np.uint8))
    assert everything(evaluator.compute()) == everything(commanded(tmp_path, "--kind", "logits"))
    assert len(evaluator.card().cases) == 7


def test_a_loop_with_gradients_and_half_precision():
    net = Net(torch.nn.Conv2d)
    one, two = (segeval.Evaluator("dice", kind="logits") for _ in range(2))
    for images, truths, names in torch.utils.data.DataLoader(Pictures(), batch_size=4):
        logits = net(images)
        assert logits.requires_grad
        one.update(logits.to(torch.bfloat16), truths, names)
        two.update(logits.detach().to(torch.bfloat16).float(), truths, names)
    assert one.card() == two.card()


def test_evaluators_of_several_processes_are_gathered(tmp_path):
    script = tmp_path / "loop.py"
    script.write_text(
        "import os, sys, torch, torch.distributed as dist, segeval\n"
        "rank = int(sys.argv[1])\n"
        "dist.init_process_group('gloo', init_method='file://' + sys.argv[2], rank=rank,\n"
        "                        world_size=2)\n"
        "evaluator = segeval.Evaluator('dice')\n"
        "for k in (0, 1, 2, 0)[rank::2] if rank == 0 else (1, 0):\n"  # 0 fills up
        "    one = torch.zeros(4, 4, dtype=torch.int64); one[k:, k:] = 1\n"
        "    evaluator.add(one, one.T.flip(0), f'case {k}')\n"
        "parts = [None, None]\n"
        "dist.all_gather_object(parts, evaluator)\n"
        "evaluator.merge(*parts)\n"
        "card = evaluator.card()\n"
        "print([c.case for c in card.cases], [r.value for r in card.rows], card.notes)\n"
        "dist.destroy_process_group()\n"
    )
    call = [sys.executable, script]
    runs = [
        subprocess.Popen([*call, str(k), tmp_path / "meet"], stdout=subprocess.PIPE, text=True)
        for k in (0, 1)
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert said[0] == said[1]
    assert said[0].startswith("['case 0', 'case 1', 'case 2']")
    assert said[0].endswith("()\n")


@pytest.mark.filterwarnings("ignore")  # Lightning warns of workers, of loggers, of its own imports
def test_the_loop_of_lightning_that_the_page_shows(tmp_path):
    lightning = pytest.importorskip("lightning", reason="Lightning is not installed")
    page = (Path(__file__).resolve().parents[2] / "docs" / "python.md").read_text("utf-8")
    (shown,) = (b for b in re.findall(r"```python\n(.*?)```", page, re.S) if "validation_step" in b)
    verbs = {}
    exec(shown, verbs)
    folders(tmp_path)

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = Net(torch.nn.Conv2d)
            self.evaluator = segeval.Evaluator(METRICS, kind="logits")

        def forward(self, image):
            return self.net(image)

    for name in ("on_validation_epoch_start", "validation_step", "on_validation_epoch_end"):
        setattr(Module, name, verbs[name])
    named = [
        dict(zip(("image", "gt", "name"), one, strict=True))
        for one in map(Pictures().__getitem__, range(7))
    ]
    module = Module()
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_checkpointing=False,
        enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    for _ in range(2):  # the second epoch forgets the first
        (said,) = trainer.validate(module, torch.utils.data.DataLoader(named, 3), verbose=False)
    for one in named:
        logits = module(one["image"][None])[0].detach().numpy()
        np.savez(tmp_path / "pred" / f"{one['name']}.npz", logits=logits)
        np.save(tmp_path / "gt" / f"{one['name']}.npy", one["gt"].numpy().astype(np.uint8))
    card = commanded(tmp_path, "--kind", "logits")
    assert len(module.evaluator.card().cases) == 7
    assert module.evaluator.card().signature == card.signature
    # Lightning keeps what is logged in single precision.
    assert said["dice"] == pytest.approx(card.summary[""]["overall"]["dice"].mean, abs=1e-6)


def volume(k):
    rng = np.random.default_rng(k)
    truth = np.repeat(np.repeat(rng.integers(0, 3, (4, 3, 6)), 4, 0), 4, 1).astype(np.uint8)
    return truth, truth + rng.normal(0, 0.6, truth.shape).astype(np.float32)


@pytest.mark.filterwarnings("ignore:NvImgCodecPydicomReader")  # of MONAI, about a GPU's decoder
@torch.no_grad()
def test_a_loop_of_monai(tmp_path):
    pytest.importorskip("monai", reason="MONAI is not installed")
    from monai.data import DataLoader, Dataset, decollate_batch
    from monai.transforms import (
        AsDiscreted,
        Compose,
        EnsureChannelFirstd,
        LoadImaged,
        Orientationd,
        SaveImage,
    )  # fmt: skip

    folders(tmp_path)
    files = []
    for k in range(4):
        affine = np.array(  # rotated by a little, in RAS
            [[-0.9, 0.02, 0, 3 * k], [0.02, 0.9, 0, -4], [0, 0, 2.5, 7], [0, 0, 0, 1]]
        )
        truth, image = volume(k)
        here = {side: tmp_path / side / f"p{k}.nii.gz" for side in ("image", "gt")}
        nibabel.save(nibabel.Nifti1Image(image, affine), here["image"])
        nibabel.save(nibabel.Nifti1Image(truth, affine), here["gt"])
        files.append({**here, "name": f"p{k}"})
    prepare = Compose([
        LoadImaged(["image", "gt"]), EnsureChannelFirstd(["image", "gt"]),
        Orientationd(["image", "gt"], axcodes="RAS", labels=None),
    ])  # fmt: skip
    discrete = AsDiscreted("pred", argmax=True)
    save = SaveImage(
        tmp_path / "pred", output_postfix="", output_dtype=np.uint8, resample=False,
        separate_folder=False, print_log=False,
    )  # fmt: skip
    metrics = [metric for metric in METRICS if metric != "ece"]  # of scores
    net, evaluator = Net(torch.nn.Conv3d).eval(), segeval.Evaluator(metrics)
    for batch in DataLoader(Dataset(files, prepare), batch_size=2):
        batch["pred"] = net(batch["image"])
        for one in map(discrete, decollate_batch(batch)):
            evaluator.add(one["pred"], one["gt"], one["name"])
            save(one["pred"])
    (tmp_path / "pred").joinpath("p0.nii.gz").stat()
    command = segeval.score(tmp_path / "pred", tmp_path / "gt", metrics)
    assert everything(evaluator.compute()) == everything(command)
    assert {r.unit for r in command.rows} == {"", "mm", "ml"}
    assert len({r.value for r in command.rows}) > 12
