"""`keepone config`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

import typer

from keepone.commands.options import Config, Maps, Sets

app = typer.Typer(no_args_is_help=True, help="Look at settings.")


@app.command()
def show(*, config: Config = None, sets: Sets = None, maps: Maps = None) -> None:
    """Print all settings as they would apply, as YAML."""
    import yaml

    from keepone.config import load_settings, parse_columns

    settings = load_settings(config, assignments=sets or (), columns=parse_columns(maps or ()))
    told = settings.model_dump(mode="json")
    typer.echo(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the settings file."""
    from keepone.commands.output import print_json
    from keepone.settings import Settings

    print_json(Settings.model_json_schema())
