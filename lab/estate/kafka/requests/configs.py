"""DescribeConfigs and IncrementalAlterConfigs, of topics; of the broker only what a client may want to see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kio.schema.errors import ErrorCode

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.requests.call import Call
from lab.estate.kafka.topics import DEFAULTS, Refused, Topic, check_config, unknown_topic
from lab.estate.kafka.wire import Answer

_TOPIC, _BROKER = 2, 4
_DYNAMIC_TOPIC, _STATIC_BROKER, _DEFAULT = 1, 4, 5
_STRING, _INT, _LONG, _LIST = 2, 3, 5, 7
_SET, _DELETE = 0, 1
_BROKER_CONFIG: Mapping[str, str] = {
    "auto.create.topics.enable": "false",
    "default.replication.factor": "3",
    "num.partitions": "6",
}


async def describe(call: Call) -> Answer:
    """All settings, or those named."""
    return {"results": [_described(call, resource) for resource in call.request.resources]}


def _described(call: Call, asked: Any) -> Answer:
    about = {"resource_type": asked.resource_type, "resource_name": asked.resource_name}
    try:
        found = _topic_configs(call, asked) if asked.resource_type == _TOPIC else _broker_configs(call, asked)
    except Refused as refusal:
        return about | {"error_code": refusal.code, "error_message": str(refusal)}
    keys = asked.configuration_keys
    return about | {"configs": [config for config in found if not keys or config["name"] in keys]}


def _topic_configs(call: Call, asked: Any) -> list[Answer]:
    call.require(Operation.DESCRIBE_CONFIGS, Resource.TOPIC, asked.resource_name)
    topic = _topic(call, asked.resource_name)
    return [
        {
            "name": name,
            "value": topic.setting(name),
            "config_source": _DYNAMIC_TOPIC if name in topic.config else _DEFAULT,
            "is_default": name not in topic.config,
            "config_type": _kind(name),
            "synonyms": _synonyms(topic, name) if call.request.include_synonyms else (),
        }
        for name in DEFAULTS
    ]


def _synonyms(topic: Topic, name: str) -> list[Answer]:
    own = [{"name": name, "value": topic.config[name], "source": _DYNAMIC_TOPIC}] if name in topic.config else []
    return [*own, {"name": name, "value": DEFAULTS[name], "source": _DEFAULT}]


def _broker_configs(call: Call, asked: Any) -> list[Answer]:
    if asked.resource_type != _BROKER:
        raise Refused(ErrorCode.invalid_request, f"Unsupported resource type: {asked.resource_type}")
    call.require(Operation.DESCRIBE_CONFIGS, Resource.CLUSTER)
    return [
        {"name": name, "value": value, "read_only": True, "config_source": _STATIC_BROKER, "config_type": _STRING}
        for name, value in _BROKER_CONFIG.items()
    ]


async def alter(call: Call) -> Answer:
    """Set or delete single settings of topics; a refused resource stays as it was."""
    return {"responses": [_altered(call, resource) for resource in call.request.resources]}


def _altered(call: Call, asked: Any) -> Answer:
    about = {"resource_type": asked.resource_type, "resource_name": asked.resource_name}
    try:
        if asked.resource_type != _TOPIC:
            call.require(Operation.ALTER_CONFIGS, Resource.CLUSTER)
            raise Refused(ErrorCode.invalid_request, "only topics can be altered")
        call.require(Operation.ALTER_CONFIGS, Resource.TOPIC, asked.resource_name)
        topic = _topic(call, asked.resource_name)
        config = _changed(topic, asked.configs)
        check_config(config)
    except Refused as refusal:
        return about | {"error_code": refusal.code, "error_message": str(refusal)}
    if not call.request.validate_only:
        topic.config = config
    return about


def _changed(topic: Topic, changes: Any) -> dict[str, str]:
    config = dict(topic.config)
    for change in changes:
        if change.config_operation == _SET:
            config[change.name] = str(change.value)
        elif change.config_operation == _DELETE:
            config.pop(change.name, None)
        else:
            raise Refused(ErrorCode.invalid_config, "only SET and DELETE are known here")
    return config


def _topic(call: Call, name: str) -> Topic:
    topic = call.cluster.topics.find(name)
    if topic is None:
        raise unknown_topic()
    return topic


def _kind(name: str) -> int:
    if name == "cleanup.policy":
        return _LIST
    if name in ("max.message.bytes", "min.insync.replicas", "segment.bytes"):
        return _INT
    return _LONG if name.endswith((".ms", ".bytes")) else _STRING
