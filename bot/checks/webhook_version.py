"""Is the webhook registered at Integrations in the version that is expected?"""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.errors import NotFound, SfintError
from bot.domain.finding import Finding, Outcome
from bot.domain.target import Target
from bot.domain.webhook import Registration, VersionSource, Webhook, differences, tag_of, version_in
from bot.domain.workload import Kind, WorkloadRef
from bot.ports.estate import Estate

_OUTCOMES = {
    "ok": Outcome.OK,
    "differs": Outcome.DEGRADED,
    "not-registered": Outcome.DEGRADED,
    "cannot-tell": Outcome.UNKNOWN,
}


def _is_configured(target: Target, estate: Estate) -> bool:
    del estate
    return target.integrations is not None and target.integrations.webhook is not None


@check(
    "webhook-version",
    component="integrations",
    codes=tuple(f"webhook.{code}" for code in _OUTCOMES),
    applies=_is_configured,
)
async def webhook_version(target: Target, estate: Estate) -> Finding:
    """Compares the webhook's version that runs with the one that is expected; where it cannot be read, says so."""
    wanted = target.integrations.webhook if target.integrations else None
    if wanted is None:
        raise SfintError("the settings expect no webhook")
    try:
        found = await _found(target, wanted, estate)
    except NotFound as error:
        if wanted.source is not VersionSource.URL:
            return _cannot_tell(wanted, str(error))
        return _finding("not-registered", f"no webhook is registered ({error})", *_help(wanted))
    except SfintError as error:
        return _cannot_tell(wanted, str(error))
    if not found.version:
        return _cannot_tell(wanted, "it is not configured where the running version can be read")
    wrong = differences(wanted, found)
    if wrong:
        return _finding("differs", f"the webhook's {'; '.join(wrong)}", *_help(wanted))
    return _finding("ok", f"the webhook runs in version {found.version}, as expected")


async def _found(target: Target, wanted: Webhook, estate: Estate) -> Registration:
    if wanted.source is VersionSource.URL and estate.registrations is not None:
        return await estate.registrations.registration()
    if wanted.source not in (VersionSource.IMAGE, VersionSource.LABEL):
        return Registration("")
    namespace = wanted.namespace or target.namespace
    workload = await estate.workloads.get(WorkloadRef(Kind.DEPLOYMENT, namespace, wanted.deployment))
    if wanted.source is VersionSource.IMAGE:
        texts = {tag_of(image) for image in workload.images}
        where = f"an image tag of {wanted.deployment}"
    else:
        pods = await estate.cluster.pods(namespace, workload.selector)
        texts = {pod.labels.get(wanted.label, "") for pod in pods}
        where = f"the label {wanted.label} of {wanted.deployment}"
    versions = sorted({version for text in texts if (version := version_in(text, wanted.pattern))})
    if len(versions) != 1:
        said = f"{where} tells {' and '.join(versions)}" if versions else f"{where} tells no version"
        raise NotFound(said)
    return Registration(versions[0])


def _cannot_tell(wanted: Webhook, why: str) -> Finding:
    words = f"cannot tell which version runs; ask the Integrations team, expected is version {wanted.version}"
    return _finding("cannot-tell", words, f"why: {why}", *_help(wanted))


def _help(wanted: Webhook) -> tuple[str, ...]:
    return f"the registration should be {wanted.wanted}", f"Integrations registers it by {wanted.registered_by}"


def _finding(code: str, summary: str, *evidence: str) -> Finding:
    return Finding(
        "webhook-version", "integrations", _OUTCOMES[code], f"webhook.{code}", f"Webhook: {summary}", evidence
    )
