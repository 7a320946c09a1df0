"""Names in a query: fields of an object and of its parents, found without regard to case, hidden ones unknown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lab.estate.salesforce.errors import RestError
from lab.estate.salesforce.records import PARENTS, Record, RecordStore

_WSDL = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True)
class Path:
    """From a row to a value: `parents` are (relationship, its id field, the parent object), then the field."""

    parents: tuple[tuple[str, str, str], ...]
    field: str

    @property
    def dotted(self) -> str:
        """As the org spells it."""
        return ".".join([*(parent[0] for parent in self.parents), self.field])


class Names:
    """The names of one object. `hidden` holds fields (`Name`, `Contact.Name`) and whole objects (`Group`)."""

    def __init__(self, soql: str, source: str, store: RecordStore, hidden: Collection[str]) -> None:
        self._soql, self._store, self._hidden = soql, store, hidden
        self.source = self._object(source)

    def path(self, name: str) -> Path:
        """Where the name leads. Raises INVALID_FIELD, rows or no rows."""
        steps, at = name.split("."), self.source
        if len(steps) > 1 and steps[0].lower() == self.source.lower():
            del steps[0]
        parents = []
        for step in steps[:-1]:
            parents.append(self._parent(at, step, name))
            at = parents[-1][2]
        return Path(tuple(parents), self._field(at, steps[-1], name))

    def value(self, row: Record, path: Path) -> object:
        """The value at the end, or None where a parent is missing."""
        found: Record | None = row
        for _, id_field, parent in path.parents:
            found = self.parent_row(found, id_field, parent)
        return None if found is None else found[path.field]

    def parent_row(self, row: Record | None, id_field: str, parent: str) -> Record | None:
        """The parent that the id points to."""
        wanted = None if row is None else row[id_field]
        return next((one for one in self._store.rows(parent) if wanted and one["Id"] == wanted), None)

    def _object(self, name: str) -> str:
        known = {one.lower(): one for one in self._store.object_names() if one not in self._hidden}
        if name.lower() in known:
            return known[name.lower()]
        raise RestError(
            400,
            "INVALID_TYPE",
            f"{self._drawn(name)}sObject type '{name}' is not supported. If you are attempting to use a custom "
            f"object, be sure to append the '__c' after the entity name. {_WSDL}",
        )

    def _parent(self, child: str, step: str, whole: str) -> tuple[str, str, str]:
        for relationship, (id_field, parent) in PARENTS.get(child, {}).items():
            if relationship.lower() == step.lower() and parent not in self._hidden:
                return relationship, id_field, parent
        raise RestError(
            400,
            "INVALID_FIELD",
            f"{self._drawn(whole)}Didn't understand relationship '{step}' in field path. If you are attempting to "
            f"use a custom relationship, be sure to append the '__r' after the custom relationship name. {_WSDL}",
        )

    def _field(self, of: str, step: str, whole: str) -> str:
        known = {
            one.lower(): one
            for one in self._store.field_names(of)
            if one not in self._hidden and f"{of}.{one}" not in self._hidden
        }
        if step.lower() in known:
            return known[step.lower()]
        raise RestError(
            400,
            "INVALID_FIELD",
            f"{self._drawn(whole)}No such column '{step}' on entity '{of}'. If you are attempting to use a custom "
            f"field, be sure to append the '__c' after the custom field name. {_WSDL}",
        )

    def _drawn(self, name: str) -> str:
        """The query with a caret under the name, as every such message begins."""
        column = self._soql.find(name) + 1
        return f"\n{self._soql}\n{' ' * (column - 1)}^\nERROR at Row:1:Column:{column}\n"
