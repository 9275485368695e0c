# %% [markdown]
# # Contours of a batch of patients
#
# For whoever compares auto-contours with those of a clinician: surface distances in millimetres, a table
# a structure, the cases to look at, and verdicts by the figures of a protocol. The files are those of
# `sample_data/`, made by a script.

# %%
import segeval

card = segeval.score(
    "sample_data/contours/pred",
    "sample_data/contours/gt",
    ["dice", "hd95", "nsd@2mm"],
    preset="rt-oar",
)
card

# %% [markdown]
# What was scored can be reproduced by its signature. It stands in every file that is written.

# %%
card.signature

# %% [markdown]
# Which structures of which patients are worst?

# %%
rows = [row for row in card.rows if row.metric == "hd95" and row.value == row.value]
for row in sorted(rows, key=lambda row: -row.value)[:3]:
    print(f"{row.case:12} {row.class_:14} {row.value:.2f} {row.unit}")

# %% [markdown]
# Rules of a protocol. `worst` is the worst patient; a structure that nobody drew on one side has no
# number and does not pass.

# %%
print(segeval.gate(card, ["nsd@2mm.median=0.5", "hd95.worst=30mm"]))

# %% [markdown]
# Files for the record: the report with pictures of the worst cases, and a table for a spreadsheet.

# %%
card.save("report.html", pictures=0)
card.save("results.json")
card.save("table.csv", wide=True)
segeval.load("results.json").signature == card.signature

# %% [markdown]
# Images that are in memory bring their geometry. Here it is a pair of label maps read by nibabel.

# %%
import nibabel

case = "case_01.nii.gz"
pred, gt = (nibabel.load(f"sample_data/ct/{side}/{case}") for side in ("pred", "gt"))
print(segeval.score(pred, gt, ["dice", "hd95", "gt_volume"]))
