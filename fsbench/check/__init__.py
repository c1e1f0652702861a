"""Check: is a submission whole, sound and in the right frame? It takes seconds, before an hour of scoring."""

from fsbench.check.checking import Report, check, quick
from fsbench.check.findings import Finding

__all__ = ["Finding", "Report", "check", "quick"]
