"""Check: is a submission whole, sound and in the right frame? Told in seconds, before an hour is spent on scores."""

from fsbench.check.checking import Report, check, quick
from fsbench.check.findings import Finding

__all__ = ["Finding", "Report", "check", "quick"]
