"""What comes from git and not from the API: models, explores, LookML dashboards, connections.

Source:
    docs/looker-api.md, section 2.3, 2.4: the LookML itself can't be restored, so each sandbox is
    given it.
"""

from collections.abc import Mapping

import msgspec

# Titles of the LookML dashboards of a model, by name.
Dashboards = dict[str, str]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A LookML model with its navigation data."""

    name: str
    project: str
    connections: tuple[str, ...]
    explores: tuple[str, ...]
    #: explore -> names of its fields; an explore without an entry lists none
    fields: Mapping[str, tuple[str, ...]] = {}
    dashboards: Dashboards = {}
    configured: bool = True  # a model configuration exists, not only files


class Lookml(msgspec.Struct, frozen=True, kw_only=True):
    """All that an instance has from git and from its admins' set-up."""

    models: tuple[Model, ...] = ()
    projects: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    datagroups: tuple[str, ...] = ()
    #: names of user attributes and themes, ids of colour collections and integrations
    user_attributes: tuple[str, ...] = ("email", "first_name", "last_name", "locale", "timezone")
    themes: tuple[str, ...] = ("Looker",)
    color_collections: tuple[str, ...] = ("7c56cc21-66e4-41c9-81ce-a60e1c3967b2",)
    integrations: tuple[str, ...] = ("1::slack", "2::google_sheets")

    def model(self, name: str) -> Model | None:
        """The model's files, or None."""
        return next((model for model in self.models if model.name == name), None)

    def dashboards(self) -> dict[str, tuple[str, str]]:
        """`model::name` to (model, title) of every LookML dashboard."""
        return {
            f"{model.name}::{name}": (model.name, title)
            for model in self.models
            for name, title in model.dashboards.items()
        }
