"""Makes the two files that ship in ``data``: parameters fitted to real prices, and a sample drawn from them.

    python -m strategies.curves.shipping DIRECTORY_OF_PRICES

No price of the directory goes into the package: only what was learnt from them.
"""

import sys

from strategies.curves.fit import fit_file
from strategies.curves.parameter_file import ParameterFile, RegionLevel, ScaledModel, write_parameters
from strategies.curves.sample import sample_csv, sample_path

_NOTE = (
    "Fitted by maximum likelihood to public prices; see strategies/curves/shipping.py. Levels stand for USE. "
    "H100 of the marketplace is mostly SXM, with some NVL and PCIe among it."
)
_MARKETPLACE = ("vast_runpod_lambda_2026.parquet", ("H100", "H200", "B200"))
_AUCTION = ("aws_g2_spot_2015_mar_jun.parquet", "us-east-1e")

_OFFERS = "ratio of median marketplace offers, October 2025"
_RUNPOD = "ratio of RunPod's on-demand prices, March 2026"
_GCP = "ratio of Google Cloud's on-demand prices, October 2025"
_SCALED = (
    ("A100PCIE80", 0.62, _OFFERS),
    ("A100SXM80", 0.77, _OFFERS),
    ("H100PCIE", 0.95, _OFFERS),
    ("H100SXMIB", 1.03, f"{_GCP}: a3-megagpu against a3-highgpu"),
    ("L40S", 0.29, f"{_RUNPOD}; the few offers of the marketplace agree"),
    ("RTX4090", 0.126, _RUNPOD),
    ("GB200NVL", 1.7, "ratio of a large provider's public list prices, 2025; not measured here"),
    ("MI300X", 0.85, "assumed from public list prices, 2025; not measured here"),
)
# Medians over machine types and provider regions, against those of USE.
_REGIONS = (
    ("USE", 1.0),
    ("USC", 0.99),
    ("USW", 1.05),
    ("EUW", 1.075),
    ("EUN", 1.0),
    ("APN", 1.17),
    ("APS", 1.12),
)


def refitted(directory: str) -> ParameterFile:
    """The shipped parameters, fitted again. Raises BadPrices if a price file is missing or wrong."""
    file, skus = _MARKETPLACE
    reports = [fit_file(f"{directory}/{file}", provider="vast", sku=sku, kind="offer_median") for sku in skus]
    file, region = _AUCTION
    reports.append(fit_file(f"{directory}/{file}", region=region))
    return ParameterFile(
        note=_NOTE,
        models=tuple(model for report in reports for model in report.parameter_file().models),
        scaled=tuple(ScaledModel(sku=sku, of="H100SXM", ratio=ratio, source=source) for sku, ratio, source in _SCALED),
        regions=tuple(RegionLevel(region=code, ratio=ratio, source=_GCP) for code, ratio in _REGIONS),
    )


if __name__ == "__main__":
    write_parameters(sample_path().replace("sample.csv", "parameters.json"), refitted(sys.argv[1]))
    with open(sample_path(), "wb") as sample:
        sample.write(sample_csv())
