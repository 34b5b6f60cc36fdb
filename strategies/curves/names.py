"""Providers' own names of machines and places, as canonical SKUs and regions where that is plain."""

import re

# The first pattern that fits decides. A bare "H100", "H200" or "B200" means the SXM board that the
# clouds sell by the node; a marketplace may mix a few PCIe boards in, and says so nowhere.
_SKUS = (
    (r"GB200", "GB200NVL"),
    (r"B200", "B200SXM"),
    (r"GH200|H100[ _-]*NVL", ""),
    (r"H200[ _-]*NVL", ""),
    (r"H200", "H200SXM"),
    (r"H100.*PCIE", "H100PCIE"),
    (r"H100.*(IB|INFINIBAND|MEGA)", "H100SXMIB"),
    (r"H100", "H100SXM"),
    (r"A100.*40 ?GB", ""),
    (r"A100.*80.*PCIE|A100PCIE80", "A100PCIE80"),
    (r"A100.*80", "A100SXM80"),
    (r"L40S", "L40S"),
    (r"MI300X", "MI300X"),
    (r"RTX[ _-]?4090", "RTX4090"),
)
_REGIONS = (
    (r"us-east|us-gov-east|northamerica-northeast|ca-central", "USE"),
    (r"us-central|us-south", "USC"),
    (r"us-west", "USW"),
    (r"eu-north|europe-north", "EUN"),
    (r"eu-|europe-", "EUW"),
    (r"ap-northeast|asia-northeast", "APN"),
    (r"ap-southeast-1|asia-southeast", "APS"),
)


def canonical_sku(name: str) -> str | None:
    """The canonical SKU a provider's name means, or None. ``H100#2``, one of several kinds, means none."""
    return None if "#" in name else _first(_SKUS, name.upper())


def canonical_region(name: str) -> str | None:
    """The canonical region a provider's name of a place means, or None."""
    return _first(_REGIONS, name.lower()) or (name if name in {region for _, region in _REGIONS} else None)


def _first(patterns: tuple[tuple[str, str], ...], name: str) -> str | None:
    for pattern, code in patterns:
        if re.search(pattern, name):
            return code or None
    return None
