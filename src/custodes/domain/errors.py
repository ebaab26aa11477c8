"""Errors that say what happened, why, and what to do."""


class CustodesError(Exception):
    """Root of every error that custodes raises on purpose.

    Args:
        what: What happened, one sentence without a full stop.
        why: The cause, as far as it is known.
        fix: What the reader can do about it.
    """

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def diagnostics(self) -> str:
        """Return what happened, why, and what to do, on one line."""
        parts = [self.what]
        if self.why:
            parts.append(f"because {self.why}")
        text = ", ".join(parts) + "."
        return f"{text} {self.fix[0].upper()}{self.fix[1:].rstrip('.')}." if self.fix else text

    def __str__(self) -> str:
        return self.diagnostics()


class CaptureError(CustodesError):
    """A source could not be opened, read or decoded."""


class ModelError(CustodesError):
    """A model could not be fetched, verified, converted, loaded or run."""


class PolicyDenied(CustodesError):  # noqa: N818  a decision, not a fault
    """A charter does not allow what was asked."""


class IntegrityError(CustodesError):
    """Stored or received data is not what it should be."""


class StoreError(CustodesError):
    """The database or the blob store failed."""


class NetworkError(CustodesError):
    """Another machine did not answer, or not as it should."""


class ConfigError(CustodesError):
    """The configuration is wrong."""
