"""What the bot relies on in a Kubernetes API server, asked of the stand-in and of a real one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contracts.kubernetes_peers import (
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Json,
    Peer,
    open_peer,
    peer_names,
)

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


@pytest.fixture(params=peer_names())
async def api(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    """An API server with an empty namespace."""
    async for peer in open_peer(request.param):
        yield peer


def stateful(name: str = "node", **labels: str) -> Json:
    """A StatefulSet of no pods."""
    labels = labels or {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "main", "image": "acme/idle:v1"}]},
    }
    spec = {"replicas": 0, "serviceName": name, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": name, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta, "spec": spec}


def pod(name: str, **labels: str) -> Json:
    """A pod."""
    spec = {"containers": [{"name": "main", "image": "acme/idle:v1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


async def names(api: Peer, plural: str, query: str = "") -> list[str]:
    """The names that a list has."""
    answer = await api.send("GET", api.path(plural, query=query))
    assert answer.code == 200, answer.body
    return [item["metadata"]["name"] for item in answer.body["items"]]


async def patch(api: Peer, body: Any, *, kind: str = MERGE, name: str = "node", **more: Any) -> Any:
    """Patch the StatefulSet."""
    return await api.send("PATCH", api.path("statefulsets", name, **more), body, kind=kind)


async def test_a_new_object_gets_its_identity_from_the_server(api: Peer) -> None:
    """uid, version, generation 1, time of creation, and defaults that readers rely on."""
    made = await api.create("statefulsets", stateful())

    assert made["metadata"]["generation"] == 1
    assert {"uid", "resourceVersion", "creationTimestamp"} <= made["metadata"].keys()
    assert made["spec"]["podManagementPolicy"] == "OrderedReady"
    assert made["spec"]["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }
    assert made["spec"]["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}


async def test_a_missing_object_is_a_404_status(api: Peer) -> None:
    """The whole Status, as the real server words it."""
    answer = await api.send("GET", api.path("statefulsets", "gone"))

    assert (answer.code, answer.body) == (
        404,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": 'statefulsets.apps "gone" not found',
            "reason": "NotFound",
            "details": {"name": "gone", "group": "apps", "kind": "statefulsets"},
            "code": 404,
        },
    )


async def test_a_taken_name_is_a_conflict(api: Peer) -> None:
    """409 AlreadyExists."""
    await api.create("statefulsets", stateful())

    answer = await api.send("POST", api.path("statefulsets"), stateful())

    assert (answer.code, answer.body["reason"]) == (409, "AlreadyExists")
    assert answer.body["message"] == 'statefulsets.apps "node" already exists'


async def test_a_patch_that_names_an_older_version_is_refused_and_changes_nothing(api: Peer) -> None:
    """The condition on which every scaling of ours stands."""
    made = await api.create("statefulsets", stateful())
    await patch(api, {"metadata": {"annotations": {"by": "somebody"}}})

    stale = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "spec": {"replicas": 7}}
    answer = await patch(api, stale)
    held = await api.send("GET", api.path("statefulsets", "node"))

    assert answer.code == 409
    assert answer.body["reason"] == "Conflict"
    assert answer.body["details"] == {"name": "node", "group": "apps", "kind": "statefulsets"}
    assert answer.body["message"] == f'Operation cannot be fulfilled on statefulsets.apps "node": {MODIFIED}'
    assert held.body["spec"]["replicas"] == 0


async def test_one_merge_patch_carries_version_annotations_and_replicas(api: Peer) -> None:
    """All three together, and the generation counts the change of the spec."""
    await api.create("statefulsets", stateful())
    held = (await api.send("GET", api.path("statefulsets", "node"))).body

    body = {
        "metadata": {"resourceVersion": held["metadata"]["resourceVersion"], "annotations": {"restore": "3"}},
        "spec": {"replicas": 2},
    }
    done = await patch(api, body)
    while done.code == 409:  # a controller wrote its status in between
        held = (await api.send("GET", api.path("statefulsets", "node"))).body
        body["metadata"]["resourceVersion"] = held["metadata"]["resourceVersion"]
        done = await patch(api, body)

    assert (done.code, done.body["spec"]["replicas"]) == (200, 2)
    assert done.body["metadata"]["annotations"] == {"restore": "3"}
    assert done.body["metadata"]["generation"] == 2


async def test_annotations_alone_do_not_count_as_a_generation(api: Peer) -> None:
    """Only the spec does; null takes an annotation away."""
    await api.create("statefulsets", stateful())
    await patch(api, {"metadata": {"annotations": {"a": "1", "b": "2"}}})

    done = await patch(api, {"metadata": {"annotations": {"a": None}}})

    assert done.body["metadata"]["annotations"] == {"b": "2"}
    assert done.body["metadata"]["generation"] == 1


async def test_a_patch_that_changes_nothing_keeps_the_version(api: Peer) -> None:
    """So that a repeated write wakes nobody."""
    service = {"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}
    await api.create("services", {"apiVersion": "v1", "kind": "Service"} | service)
    path = api.path("services", "s")
    body = {"metadata": {"annotations": {"a": "1"}}}
    first = await api.send("PATCH", path, body, kind=MERGE)

    second = await api.send("PATCH", path, body, kind=MERGE)

    assert second.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]


async def test_a_strategic_patch_finds_containers_by_name(api: Peer) -> None:
    """Where a merge patch replaces the list."""
    await api.create("statefulsets", stateful())
    change = {
        "containers": [{"name": "main", "env": [{"name": "A", "value": "1"}]}, {"name": "b", "image": "x:1"}]
    }

    done = await patch(api, {"spec": {"template": {"spec": change}}}, kind=STRATEGIC)

    containers = {each["name"]: each for each in done.body["spec"]["template"]["spec"]["containers"]}
    assert containers["main"]["image"] == "acme/idle:v1"
    assert containers["main"]["env"] == [{"name": "A", "value": "1"}]
    assert containers["b"]["image"] == "x:1"


async def test_a_json_patch_applies_and_its_test_can_fail(api: Peer) -> None:
    """RFC 6902."""
    await api.create("statefulsets", stateful())
    good = [
        {"op": "test", "path": "/spec/replicas", "value": 0},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]
    bad = [{"op": "test", "path": "/spec/replicas", "value": 9}, {"op": "remove", "path": "/spec/template"}]

    done = await patch(api, good, kind=JSON_PATCH)
    refused = await patch(api, bad, kind=JSON_PATCH)

    assert (done.code, done.body["spec"]["replicas"]) == (200, 1)
    assert (refused.code, refused.body["reason"]) == (422, "Invalid")


async def test_a_patch_of_an_unknown_kind_is_refused(api: Peer) -> None:
    """415."""
    await api.create("statefulsets", stateful())

    answer = await patch(api, {"spec": {"replicas": 1}}, kind="application/json")

    assert (answer.code, answer.body["reason"]) == (415, "UnsupportedMediaType")
    assert answer.body["message"] == "415: Unsupported Media Type"


@pytest.mark.parametrize(
    ("body", "code", "reason", "message"),
    [
        (
            {"spec": {"replicas": -1}},
            422,
            "Invalid",
            'StatefulSet.apps "node" is invalid: spec.replicas: Invalid value: -1: '
            "must be greater than or equal to 0",
        ),
        (
            {"spec": {"serviceName": "other"}},
            422,
            "Invalid",
            'StatefulSet.apps "node" is invalid: spec: Forbidden: updates to statefulset spec for fields '
            "other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
            "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ),
        (
            {"spec": {"replicas": "three"}},
            422,
            "Invalid",
            "cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32",
        ),
        (
            {"metadata": {"annotations": {"restore": 3}}},
            422,
            "Invalid",
            "cannot unmarshal number into Go struct field ObjectMeta.metadata.annotations of type string",
        ),
        (
            {"metadata": {"name": "other"}},
            400,
            "BadRequest",
            "the name of the object (other) does not match the name on the URL (node)",
        ),
    ],
)
async def test_a_wrong_patch_is_refused_with_the_reason(
    api: Peer, body: Json, code: int, reason: str, message: str
) -> None:
    """422 for values, 400 for what cannot be read."""
    await api.create("statefulsets", stateful())

    answer = await patch(api, body)

    assert (answer.code, answer.body["reason"]) == (code, reason)
    assert message in answer.body["message"]


async def test_a_dry_run_answers_and_stores_nothing(api: Peer) -> None:
    """`dryRun=All`."""
    await api.create("statefulsets", stateful())

    before = await api.send("GET", api.path("statefulsets", "node"))

    answer = await patch(api, {"spec": {"replicas": 5}}, query="dryRun=All")
    held = await api.send("GET", api.path("statefulsets", "node"))

    assert (answer.body["spec"]["replicas"], held.body["spec"]["replicas"]) == (5, 0)
    assert answer.body["metadata"]["generation"] == before.body["metadata"]["generation"] + 1


async def test_an_update_with_an_older_version_is_refused(api: Peer) -> None:
    """PUT too."""
    made = await api.create("statefulsets", stateful())
    await patch(api, {"metadata": {"annotations": {"by": "somebody"}}})

    answer = await api.send("PUT", api.path("statefulsets", "node"), made)

    assert (answer.code, answer.body["reason"]) == (409, "Conflict")


async def test_selectors_choose(api: Peer) -> None:
    """By labels, equal and in sets, and by fields."""
    for name, tier in (("a", "gold"), ("b", "iron"), ("c", "gold")):
        await api.create("statefulsets", stateful(name, app=name, tier=tier))

    assert await names(api, "statefulsets", "labelSelector=tier%3Dgold") == ["a", "c"]
    assert await names(api, "statefulsets", "labelSelector=app+in+(a,b),tier!%3Diron") == ["a"]
    assert await names(api, "statefulsets", "labelSelector=app+notin+(a),!missing,tier") == ["b", "c"]
    assert await names(api, "statefulsets", "fieldSelector=metadata.name%3Db") == ["b"]


async def test_a_field_that_cannot_select_is_refused(api: Peer) -> None:
    """400."""
    sets = await api.send("GET", api.path("statefulsets", query="fieldSelector=spec.replicas%3D3"))
    pods = await api.send("GET", api.path("pods", query="fieldSelector=spec.replicas%3D3"))

    assert sets.code == pods.code == 400
    assert sets.body["message"] == (
        '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )
    assert pods.body["message"] == "field label not supported: spec.replicas"


async def test_a_list_comes_in_pages(api: Peer) -> None:
    """`limit`, `continue`, and how many remain."""
    for name in "abc":
        await api.create("statefulsets", stateful(name))

    first = (await api.send("GET", api.path("statefulsets", query="limit=2"))).body
    rest = (
        await api.send("GET", api.path("statefulsets", query=f"limit=2&continue={first['metadata']['continue']}"))
    ).body

    assert [item["metadata"]["name"] for item in first["items"]] == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 1
    assert first["kind"] == "StatefulSetList"
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c"]
    assert "continue" not in rest["metadata"]


async def test_a_made_up_place_in_a_list_is_refused(api: Peer) -> None:
    """400; one that is too old is 410, which takes a compaction of etcd to see."""
    answer = await api.send("GET", api.path("statefulsets", query="limit=2&continue=made-up"))

    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")
    assert answer.body["message"].startswith("invalid continue token: continue key is not valid: ")


async def test_what_is_no_json_cannot_be_had(api: Peer) -> None:
    """406 with what there is; a log is text whatever one asks for."""
    await api.create("pods", pod("p"))

    answer = await api.send("GET", api.path("pods"), accept="text/html")
    log = await api.send("GET", api.path("pods", "gone", "log"), accept="*/*")

    assert (answer.code, answer.body["reason"]) == (406, "NotAcceptable")
    assert answer.body["message"].startswith(
        "406: Not Acceptable\n\nAvailable representations: application/json, "
    )
    assert log.code == 404


async def test_a_watch_tells_each_change_from_a_version_on(api: Peer) -> None:
    """ADDED, MODIFIED, DELETED; an object that leaves the selection is DELETED too."""
    listed = (await api.send("GET", api.path("services"))).body["metadata"]["resourceVersion"]
    base: Json = {"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}
    await api.create("services", base | {"metadata": {"name": "one", "labels": {"seen": "yes"}}})
    await api.create("services", base | {"metadata": {"name": "two", "labels": {"seen": "yes"}}})
    await api.send("PATCH", api.path("services", "one"), {"metadata": {"labels": {"seen": "no"}}}, kind=MERGE)
    await api.send("PATCH", api.path("services", "two"), {"metadata": {"labels": {"x": "y"}}}, kind=MERGE)
    await api.send("DELETE", api.path("services", "two"))

    query = f"watch=1&resourceVersion={listed}&timeoutSeconds=1&labelSelector=seen%3Dyes"
    headers = {"Authorization": f"Bearer {api.admin_token}"}
    seen = []
    url = api.url + api.path("services", query=query)
    async with asyncio.timeout(10), api.session.get(url, headers=headers, ssl=api.tls) as response:
        async for line in response.content:
            event = json.loads(line)
            seen.append((event["type"], event["object"]["metadata"]["name"]))

    assert seen == [
        ("ADDED", "one"),
        ("ADDED", "two"),
        ("DELETED", "one"),
        ("MODIFIED", "two"),
        ("DELETED", "two"),
    ]


async def test_a_delete_with_another_uid_is_refused(api: Peer) -> None:
    """The precondition that keeps us from deleting a pod's successor."""
    made = await api.create("statefulsets", stateful())
    path = api.path("statefulsets", "node")

    refused = await api.send("DELETE", path, {"preconditions": {"uid": "another"}})
    done = await api.send("DELETE", path, {"preconditions": {"uid": made["metadata"]["uid"]}})

    assert (refused.code, refused.body["reason"]) == (409, "Conflict")
    assert refused.body["message"] == (
        'Operation cannot be fulfilled on StatefulSet.apps "node": the UID in the precondition (another) does not '
        f"match the UID in record ({made['metadata']['uid']}). "
        "The object might have been deleted and then recreated"
    )
    assert done.body["status"] == "Success"
    assert done.body["details"] == {
        "name": "node",
        "group": "apps",
        "kind": "statefulsets",
        "uid": made["metadata"]["uid"],
    }


async def test_the_scale_subresource_reads_and_writes_the_count(api: Peer) -> None:
    """autoscaling/v1 Scale."""
    await api.create("statefulsets", stateful())
    path = api.path("statefulsets", "node", "scale")

    empty = await api.send("GET", path)
    done = await api.send("PATCH", path, {"spec": {"replicas": 4}}, kind=MERGE)
    read = await api.send("GET", path)
    stale = {"metadata": {"resourceVersion": empty.body["metadata"]["resourceVersion"]}, "spec": {"replicas": 1}}
    refused = await api.send("PATCH", path, stale, kind=MERGE)

    assert (done.code, read.body["kind"], read.body["apiVersion"]) == (200, "Scale", "autoscaling/v1")
    assert (empty.body["spec"], read.body["spec"]) == ({}, {"replicas": 4})
    assert refused.body["message"] == f'Operation cannot be fulfilled on statefulsets.apps "node": {MODIFIED}'
    assert read.body["status"]["selector"] == "app=node"


@pytest.mark.parametrize(
    ("method", "plural", "name", "message"),
    [
        (
            "GET",
            "services",
            "",
            'services is forbidden: User "{user}" cannot list resource "services" in API group "" '
            'in the namespace "{ns}"',
        ),
        (
            "GET",
            "events",
            "e",
            'events "e" is forbidden: User "{user}" cannot get resource "events" in API group "" '
            'in the namespace "{ns}"',
        ),
        (
            "DELETE",
            "statefulsets",
            "node",
            'statefulsets.apps "node" is forbidden: User "{user}" cannot delete resource "statefulsets" '
            'in API group "apps" in the namespace "{ns}"',
        ),
    ],
)
async def test_what_the_role_lacks_is_forbidden(
    api: Peer, method: str, plural: str, name: str, message: str
) -> None:
    """403, whether or not the object exists."""
    answer = await api.send(method, api.path(plural, name), token=api.bot_token)

    assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == message.format(user=api.bot_user, ns=api.namespace)


async def test_a_role_holds_in_its_namespace_only(api: Peer) -> None:
    """Cluster-wide lists are refused."""
    here = await api.send("GET", api.path("pods"), token=api.bot_token)
    everywhere = await api.send("GET", "/api/v1/pods", token=api.bot_token)

    assert (here.code, everywhere.code) == (200, 403)
    assert everywhere.body["message"] == (
        f'pods is forbidden: User "{api.bot_user}" cannot list resource "pods" in API group "" '
        "at the cluster scope"
    )


async def test_a_wrong_token_is_unauthorized(api: Peer) -> None:
    """401, the same for every path."""
    answer = await api.send("GET", api.path("pods"), token="nobody's")

    assert (answer.code, answer.body["reason"], answer.body["message"]) == (401, "Unauthorized", "Unauthorized")


async def test_without_a_token_one_is_anonymous(api: Peer) -> None:
    """403 for resources; health and version are open."""
    answer = await api.send("GET", api.path("pods"), token="")
    ready = await api.send("GET", "/readyz", token="")
    version = await api.send("GET", "/version", token="")

    assert answer.code == 403
    assert 'User "system:anonymous" cannot list resource "pods"' in answer.body["message"]
    assert (ready.code, ready.body) == (200, "ok")
    assert version.body["major"] == "1"


@pytest.mark.parametrize(("verb", "allowed"), [("patch", True), ("delete", False)])
async def test_one_may_ask_what_one_may(api: Peer, verb: str, allowed: bool) -> None:
    """SelfSubjectAccessReview."""
    attributes = {"namespace": api.namespace, "verb": verb, "group": "apps", "resource": "statefulsets"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }

    answer = await api.send(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, token=api.bot_token
    )

    assert (answer.code, answer.body["status"]["allowed"]) == (201, allowed)


async def test_discovery_names_what_there_is(api: Peer) -> None:
    """/api, /apis and the lists of resources."""
    groups = (await api.send("GET", "/apis", token=api.bot_token)).body["groups"]
    core = (await api.send("GET", "/api/v1", token=api.bot_token)).body["resources"]
    apps = (await api.send("GET", "/apis/apps/v1", token=api.bot_token)).body["resources"]

    assert {"apps", "autoscaling", "discovery.k8s.io", "authorization.k8s.io"} <= {each["name"] for each in groups}
    assert {"pods", "pods/log", "services", "events"} <= {each["name"] for each in core}
    assert {"statefulsets", "statefulsets/scale", "deployments"} <= {each["name"] for each in apps}


async def test_an_unknown_path_is_not_found(api: Peer) -> None:
    """A Status where the group is known, plain text elsewhere, and 403 first for those who may not ask."""
    gadgets = f"/apis/apps/v1/namespaces/{api.namespace}/gadgets"
    within = await api.send("GET", gadgets)
    outside = await api.send("GET", "/apis/acme.example.com/v1/gadgets")
    refused = await api.send("GET", gadgets, token=api.bot_token)

    assert (within.code, within.body["message"]) == (404, "the server could not find the requested resource")
    assert (outside.code, outside.body.strip()) == (404, "404 page not found")
    assert refused.code == 403


async def test_a_wrong_log_option_is_refused(api: Peer) -> None:
    """422 before anything is read."""
    await api.create("pods", pod("p"))

    answer = await api.send("GET", api.path("pods", "p", "log", "tailLines=-1"))

    assert answer.code == 422
    assert answer.body["message"] == (
        'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'
    )


async def test_the_log_of_a_missing_pod_is_not_found(api: Peer) -> None:
    """404."""
    answer = await api.send("GET", api.path("pods", "gone", "log"))

    assert (answer.code, answer.body["message"]) == (404, 'pods "gone" not found')


async def test_the_log_of_a_pod_whose_node_is_gone_is_not_found_by_the_name_of_the_node(api: Peer) -> None:
    """404 in the words for a pod: whoever reads it as "no such pod" takes an outage for silence."""
    lost = pod("p")
    lost["spec"]["nodeName"] = "gone"
    await api.create("pods", lost)

    answer = await api.send("GET", api.path("pods", "p", "log"))

    assert (answer.code, answer.body["message"]) == (404, 'pods "gone" not found')
    assert answer.body["details"] == {"name": "gone", "kind": "pods"}


async def test_a_log_of_several_containers_wants_a_name(api: Peer) -> None:
    """400 with the choice; a name that is none of them too."""
    two = pod("p")
    two["spec"]["containers"].append({"name": "side", "image": "acme/idle:v1"})
    await api.create("pods", two)

    unnamed = await api.send("GET", api.path("pods", "p", "log"))
    misnamed = await api.send("GET", api.path("pods", "p", "log", "container=x"))

    assert unnamed.code == misnamed.code == 400
    assert unnamed.body["message"] == "a container name must be specified for pod p, choose one of: [main side]"
    assert misnamed.body["message"] == "container x is not valid for pod p"


async def test_a_pod_is_returned_by_its_deletion(api: Peer) -> None:
    """Other kinds answer with a Status."""
    await api.create("pods", pod("p"))

    answer = await api.send("DELETE", api.path("pods", "p", query="gracePeriodSeconds=0"))

    assert (answer.code, answer.body["kind"], answer.body["metadata"]["name"]) == (200, "Pod", "p")
